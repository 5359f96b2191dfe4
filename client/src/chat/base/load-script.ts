let again = 0;

/**
 * Loads a separate script by `load`, which imports it. Chromium remembers for the life of the page that a script could not be fetched, and fails at once when the
 * same address is imported again (https://github.com/whatwg/html/issues/6768); Firefox and Safari ask anew. So one that fails is imported under another
 * address, which the error names in Chromium. Rejects as `load` does.
 */
export async function loadScript<Script>(load: () => Promise<Script>): Promise<Script> {
  try {
    return await load();
  } catch (error) {
    const address = /https?:\/\/\S+\.js$/u.exec(error instanceof Error ? error.message : '')?.[0];
    if (address === undefined) throw error;
    again += 1;
    // This is an address, not a module. These comments tell each bundler that a host may use.
    return (await import(
      /* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ `${address}?again=${again}`
    )) as Script;
  }
}
