/** The channel between servers: at most once, in whatever order, and open to others. */
export interface Hints {
  /** Resolves when they were said, or are lost. */
  send(hints: readonly string[]): Promise<void>;
  /** Texts that were sent by a server, this one included. */
  subscribe(listener: (text: string) => void): () => void;
  /** Servers that hear now, this one included, as far as can be told. Rejects while nobody can say. */
  countHearing(): Promise<number>;
  close(): Promise<void>;
}

/** A hint longer than this cannot be sent. */
export const MAX_HINT_BYTES = 5_900;
