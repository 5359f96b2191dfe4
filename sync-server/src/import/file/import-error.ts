/** What keeps an import from being done, as a sentence for whoever started it. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}
