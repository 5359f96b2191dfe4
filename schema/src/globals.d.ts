/** The one global beside the language's own that both Node and browsers have and the schema uses. */
declare const crypto: { getRandomValues<T extends Uint8Array<ArrayBuffer>>(array: T): T };
