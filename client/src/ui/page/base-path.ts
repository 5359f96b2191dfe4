/**
 * Below which path of its host the page lives: `/`, or `/chat/`. One build serves every path: the server writes it into `index.html`, and `public/before-paint.js`
 * reads it off its own address.
 */
export const BASE_PATH: string = globalThis.document?.documentElement.dataset.base ?? '/';

/** What the page keeps under this name in the browser: several of them may live at one origin. At the root it is the name alone. */
export const keyHere = (name: string): string => (BASE_PATH === '/' ? name : `${name}:${BASE_PATH}`);
