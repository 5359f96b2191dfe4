// Before the first paint, and in a file of its own because the page allows no inline scripts.
try {
  const { dataset } = document.documentElement;
  // Below which path of its host the page lives: beside this file. `ui/page/base-path.ts` reads it.
  const base = new URL('.', document.currentScript.src).pathname;
  dataset.base = base;
  // Opened past a proxy that takes the path off, by the server's own address.
  if (!location.pathname.startsWith(base)) location.replace(base + location.pathname.slice(1) + location.search + location.hash);
  // `keyHere` of the same file.
  const read = (name) => localStorage.getItem(base === '/' ? name : `${name}:${base}`);
  // `ui/use-theme.ts` writes it.
  const theme = read('tablo.theme');
  if (theme === 'light' || theme === 'dark') dataset.theme = theme;
  // `app/device-memory.ts` writes it: somebody's chat comes next, so its outline may stand there (`index.html`, `app/start.css`).
  const isKnown = read('tablo.user') !== null;
  if (isKnown && location.pathname === base) dataset.start = 'list';
  if (isKnown && location.pathname.startsWith(`${base}t/`)) dataset.start = 'tablo';
  // Who it is, is asked while the script is on its way, unless the server has yet to hear of a sign-out. `app/early-answers.ts` takes the answers.
  if (!isKnown && read('tablo.sign-out') === null) {
    const ask = (path) => fetch(base + path, { credentials: 'include', signal: AbortSignal.timeout(10_000) });
    const config = ask('api/config');
    const session = config
      .then((answer) => answer.clone().json())
      .then(({ identity }) => (identity === 'built-in' ? ask('api/auth/get-session') : null));
    window.tabloEarly = { config, session };
    for (const answer of [config, session]) answer.catch(() => undefined); // Asked again by whoever needs it.
  }
} catch {
  // Storage is blocked: the system's theme stands, and the logo.
}
