// Before the first paint, and in a file of its own because the page allows no inline scripts. `ui/use-theme.ts` writes the key.
try {
  const theme = localStorage.getItem('tablo.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: the system's theme stands.
}
