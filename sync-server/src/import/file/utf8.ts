/** Bytes → text, or a sentence that says where they are not UTF-8: a file in another encoding would otherwise be stored with its letters replaced, and nothing would say so. */
import { ImportError } from './import-error.ts';

/** A byte order mark is read as a character, and left to the caller. */
const OPTIONS = { fatal: true, ignoreBOM: true } as const;

export class Utf8Reader {
  readonly #path: string;
  readonly #decoder = new TextDecoder('utf-8', OPTIONS);
  /** Of the last character, where a piece has ended within it. */
  #open: Uint8Array = new Uint8Array();
  /** Bytes before `#open`. */
  #before = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Throws an `ImportError`. */
  read(bytes: Uint8Array): string {
    const all = this.#open.length === 0 ? bytes : Buffer.concat([this.#open, bytes]);
    const text = this.#decode(all, () => this.#decoder.decode(bytes, { stream: true }));
    this.#open = all.slice(all.length - countOpen(all));
    this.#before += all.length - this.#open.length;
    return text;
  }

  /** No more bytes come. */
  end(): void {
    this.#decode(this.#open, () => this.#decoder.decode());
  }

  #decode(bytes: Uint8Array, decode: () => string): string {
    try {
      return decode();
    } catch {
      const byte = this.#before + findFault(bytes) + 1;
      throw new ImportError(
        `${this.#path} is not UTF-8: byte ${byte.toLocaleString('en')} is of no character. Save it as UTF-8, or convert it (iconv -f LATIN1 -t UTF-8).`,
      );
    }
  }
}

/** How many bytes at the end begin a character that is not whole. */
function countOpen(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    return back < (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) ? back : 0;
  }
  return 0;
}

/** Where the first character begins that is none. Byte by byte: it is asked once, and of one piece. */
function findFault(bytes: Uint8Array): number {
  const decoder = new TextDecoder('utf-8', OPTIONS);
  let start = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    try {
      if (decoder.decode(bytes.subarray(at, at + 1), { stream: true }) !== '') start = at + 1;
    } catch {
      return start;
    }
  }
  return start;
}
