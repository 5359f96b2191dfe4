/**
 * The provider's socket without its own ideas of when a link is dead and when to come back: it makes one attempt when told to, tells what goes through, and
 * asks the server's socket for a sign of life. `connection.ts` decides.
 */
import { HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { isSign, PING } from '@tablo/schema/wire/ping';

/** The provider's own code for a connection that it gives up. */
const GIVEN_UP = { code: 4408, reason: 'no sign of life' };

interface SocketWatch {
  heard(): void;
  answered(): void;
  sent(bytes: number): void;
}

export class ProviderSocket extends HocuspocusProviderWebsocket {
  /** Set before the first attempt. */
  watch: SocketWatch | null = null;

  constructor(configuration: ConstructorParameters<typeof HocuspocusProviderWebsocket>[0]) {
    super({ ...configuration, autoConnect: false, maxAttempts: 1 });
    // Goes by the wall clock, which jumps.
    clearInterval(this.intervals.connectionChecker);
  }

  get waitingBytes(): number {
    return this.webSocket?.bufferedAmount ?? 0;
  }

  override send(frame: Uint8Array): void {
    this.watch?.sent(frame.byteLength);
    super.send(frame);
  }

  override onMessage(event: MessageEvent<ArrayBuffer>): void {
    if (!isSign(new Uint8Array(event.data), PING)) {
      this.watch?.heard();
      return super.onMessage(event);
    }
    this.watch?.answered();
    // What the provider does at any frame. It would take the answer for a question.
    this.resolveConnectionAttempt();
  }

  ask(): void {
    this.send(Uint8Array.of(PING));
  }

  /** Ends the connection now. A dead link's closing handshake would take its time, and the provider waits for it. */
  drop(): void {
    this.emit('close', { event: GIVEN_UP });
  }

  /** Does not come back by itself. */
  stay(): void {
    this.shouldConnect = false;
  }
}
