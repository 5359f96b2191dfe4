/** The name for a tablo whose own name has no visible character. In a file of its own, since a host application's first script needs no more of `names.ts`. */
export const NAMELESS_TABLO = 'Untitled tablo';
