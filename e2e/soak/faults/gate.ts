/** A door between the server and PostgreSQL that tests shut: at once, silently, or for the connections of the moment only. */
import { joinEnds, TcpProxy, targetOf } from '@tablo/sync-server/testing/tcp-proxy';

export class Gate {
  readonly url: string;
  readonly #proxy: TcpProxy;
  readonly #state: { isShut: boolean; isSilent: boolean };

  private constructor(url: string, proxy: TcpProxy, state: { isShut: boolean; isSilent: boolean }) {
    this.url = url;
    this.#proxy = proxy;
    this.#state = state;
  }

  static async open(databaseUrl: string): Promise<Gate> {
    const target = targetOf(databaseUrl, 5432);
    const state = { isShut: false, isSilent: false };
    const proxy = await TcpProxy.open({
      targets: () => (state.isShut ? [] : [target]),
      join: (pair) => {
        pair.isFrozen = state.isSilent;
        joinEnds(pair);
      },
    });
    return new Gate(proxy.inPlaceOf(databaseUrl), proxy, state);
  }

  /** Every connection breaks, and no new one comes through. */
  shut(): void {
    this.#state.isShut = true;
    this.#proxy.cut();
  }

  /** Nothing is refused and nothing answered: the cable is out. */
  silence(): void {
    this.#state.isSilent = true;
    this.freeze();
  }

  /** The connections of the moment die without a word; new ones work (a failover). */
  freeze(): void {
    this.#proxy.freeze();
  }

  reopen(): void {
    this.#state.isShut = false;
    if (!this.#state.isSilent) return;
    this.#state.isSilent = false;
    // Bytes were dropped: whoever waits for them is told, as a network does when it is back.
    this.#proxy.cut();
  }

  close(): Promise<void> {
    return this.#proxy.close();
  }
}
