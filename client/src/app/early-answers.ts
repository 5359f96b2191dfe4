/** What `public/before-paint.js` asked the server while this script was on its way. */

interface Early {
  config?: Promise<Response>;
  session?: Promise<Response | null>;
}

declare global {
  interface Window {
    tabloEarly?: Early;
  }
}

/** Each is taken once: it is true for the beginning. `null`: it was not asked, or there was no answer. */
export async function takeEarly(name: keyof Early): Promise<Response | null> {
  const early = globalThis.window?.tabloEarly;
  const answer = early?.[name];
  if (early === undefined || answer === undefined) return null;
  delete early[name];
  return answer.catch(() => null);
}
