/** How texts get from a server to the others of its database: at most once, in whatever order, and open to whoever can reach the channel. */
export interface HintChannel {
  /**
   * Resolves with how many servers were there to hear them, this one included, or null where that cannot be told. Rejects, soon, when they are lost.
   */
  publish(texts: readonly string[]): Promise<number | null>;
  /** Texts that anybody has published, this server included. */
  subscribe(listener: (text: string) => void): () => void;
  close(): Promise<void>;
}
