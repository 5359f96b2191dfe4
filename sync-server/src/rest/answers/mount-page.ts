/**
 * The page below a path of its host. It is built once, for the root: its files name each other from where they are, except where that is not known. `index.html` answers at
 * many depths (`/t/…`), and the service worker tells its own page's addresses from others by where they begin: in these two the path is put before.
 */

/** In attributes, as `vite build` writes them; comments and words have none. */
const ADDRESS = /(?<= (?:href|src)=")\/(?!\/)/g;
/** How the list of addresses begins (`client/vite.config.ts`). */
const PAGE_ADDRESSES = '/^\\/(t\\/';

/** `publicPath`: `/chat`, or nothing. */
export function mountFile(path: string, content: Buffer, publicPath: string): Buffer {
  if (publicPath === '') return content;
  if (path === '/index.html') return Buffer.from(content.toString().replaceAll(ADDRESS, `${publicPath}/`));
  if (path === '/sw.js') return Buffer.from(mountWorker(content.toString(), publicPath));
  return content;
}

function mountWorker(script: string, publicPath: string): string {
  const pattern = publicPath.replaceAll(/[/.]/g, '\\$&');
  return script.replaceAll(PAGE_ADDRESSES, () => `/^${pattern}\\/(t\\/`);
}
