import { Uplink } from './uplink.ts';

/** What an attacker got: plain data, since it goes over the channel between processes. */
export interface Gains {
  /** Answered with what was asked for. */
  readonly accepted: number;
  /** Code or status → how often. */
  readonly refused: Readonly<Record<string, number>>;
  /** Connections that the server ended. */
  readonly cut: number;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** What went wrong with the attack itself. */
  readonly failure: string | null;
}

export class Tally {
  accepted = 0;
  cut = 0;
  readonly uplink = new Uplink();
  #sentBytes = 0;
  receivedBytes = 0;
  readonly #refused: Record<string, number> = {};

  /** Noted before it leaves; `uplink.ready()` says when more may. */
  send(bytes: number): void {
    this.#sentBytes += bytes;
    this.uplink.send(bytes);
  }

  refuse(code: string): void {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1;
  }

  read(failure: string | null): Gains {
    const { accepted, cut, receivedBytes } = this;
    return { accepted, refused: { ...this.#refused }, cut, sentBytes: this.#sentBytes, receivedBytes, failure };
  }
}
