/** `host`: dark below `.dark` or `data-theme="dark"`, else light. */
export type ChatTheme = 'host' | 'system' | 'light' | 'dark';
