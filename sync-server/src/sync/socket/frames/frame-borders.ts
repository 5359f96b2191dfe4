/**
 * Where WebSocket frames and messages begin and end in what a client sends (RFC 6455, section 5.2). `ws` has read the same bytes, but emits a message only when its
 * turn has come, and does not report parts of a message. `ws` ends connections that break the rules; here bytes are only counted.
 */

const LAST = 0x80;
const CONTROL = 0x08;
const MASKED = 0x80;
const LENGTH = 0x7f;
const TWO_BYTES_FOLLOW = 126;
const EIGHT_BYTES_FOLLOW = 127;
const MASK_BYTES = 4;
/** Before it is known what follows. */
const SHORTEST_HEAD = 2;

export class FrameBorders {
  /** Received bytes of the current frame, and of its head; the length of the head as far as it is known, and where its length field ends. */
  #frame = 0;
  #head = 0;
  #headBytes = SHORTEST_HEAD;
  #lengthEnd = SHORTEST_HEAD;
  /** What is still to come of it. */
  #payload = 0;
  #isLast = false;
  #isControl = false;
  /** Bytes of whole frames of a message whose last one has not come. Pings may stand between them, and end nothing. */
  #fragments = 0;
  #begun = 0;

  /** Bytes that have come of what is not whole: of a frame, and of the message before it. */
  get unfinished(): number {
    return this.#fragments + this.#frame;
  }

  /** How often something began while nothing was unfinished. */
  get begun(): number {
    return this.#begun;
  }

  read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#head === this.#headBytes) at += this.#skip(chunk.byteLength - at);
      else {
        this.#readHead(chunk[at] ?? 0);
        at += 1;
      }
    }
  }

  #readHead(byte: number): void {
    const nth = this.#head;
    if (this.unfinished === 0) this.#begun += 1;
    this.#frame += 1;
    this.#head += 1;
    if (nth === 0) {
      this.#isLast = (byte & LAST) !== 0;
      this.#isControl = (byte & CONTROL) !== 0;
    } else if (nth === 1) this.#readLength(byte);
    else if (nth < this.#lengthEnd) this.#payload = this.#payload * 256 + byte;
    if (this.#head === this.#headBytes && this.#payload === 0) this.#end();
  }

  #readLength(byte: number): void {
    const length = byte & LENGTH;
    const more = length === TWO_BYTES_FOLLOW ? 2 : length === EIGHT_BYTES_FOLLOW ? 8 : 0;
    this.#payload = more === 0 ? length : 0;
    this.#lengthEnd = SHORTEST_HEAD + more;
    this.#headBytes = this.#lengthEnd + ((byte & MASKED) === 0 ? 0 : MASK_BYTES);
  }

  #skip(bytes: number): number {
    const taken = Math.min(bytes, this.#payload);
    this.#payload -= taken;
    this.#frame += taken;
    if (this.#payload === 0) this.#end();
    return taken;
  }

  #end(): void {
    if (!this.#isControl) this.#fragments = this.#isLast ? 0 : this.#fragments + this.#frame;
    this.#frame = 0;
    this.#head = 0;
    this.#headBytes = SHORTEST_HEAD;
    this.#lengthEnd = SHORTEST_HEAD;
  }
}
