/**
 * The provider's socket without its own ideas of when a link is dead and when to come back: it makes one attempt when told to, tells what goes through, and
 * asks the server's socket for a sign of life. `connection.ts` decides.
 */
import { HocuspocusProviderWebsocket, WebSocketStatus } from '@hocuspocus/provider';
import { isSign, PING } from '@tablo/schema/wire/ping';
import type { WatchedSocket } from './heartbeat.ts';
import type { SocketEvent } from './socket-state.ts';

/** The provider's own code for a connection that it gives up. */
const GIVEN_UP = { code: 4408, reason: 'no sign of life' };

interface ProviderSocketOptions {
  readonly url: string;
  /** For Node, where there is none of its own or another is wanted. */
  readonly WebSocketImpl?: unknown;
}

/** Hears what becomes of the socket … */
type Dispatch = (event: Extract<SocketEvent, { type: 'opened' | 'lost' | 'failed' }>) => void;

/** … and what goes through it. */
interface FrameWatch {
  noteFrame(): void;
  noteAnswer(): void;
  noteSent(bytes: number): void;
}

export class ProviderSocket extends HocuspocusProviderWebsocket implements WatchedSocket {
  /** Set before the first attempt. */
  watch: FrameWatch | null = null;
  readonly #dispatch: Dispatch;

  constructor({ url, WebSocketImpl }: ProviderSocketOptions, dispatch: Dispatch) {
    const implementation = WebSocketImpl === undefined ? {} : { WebSocketPolyfill: WebSocketImpl };
    super({ url, ...implementation, autoConnect: false, maxAttempts: 1 });
    this.#dispatch = dispatch;
    this.on('maxAttemptsFailed', this.#handleFailed.bind(this));
    // Goes by the wall clock, which jumps.
    clearInterval(this.intervals.connectionChecker);
  }

  get waitingBytes(): number {
    return this.webSocket?.bufferedAmount ?? 0;
  }

  override send(frame: Uint8Array): void {
    this.watch?.noteSent(frame.byteLength);
    super.send(frame);
  }

  override onMessage(event: MessageEvent<ArrayBuffer>): void {
    if (!isSign(new Uint8Array(event.data), PING)) {
      this.watch?.noteFrame();
      return super.onMessage(event);
    }
    this.watch?.noteAnswer();
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

  override onOpen(event: Event): Promise<void> {
    const opened = super.onOpen(event);
    this.#dispatch({ type: 'opened' });
    return opened;
  }

  override onClose(closed: Parameters<HocuspocusProviderWebsocket['onClose']>[0]): void {
    // Else it would come back by itself.
    this.shouldConnect = false;
    super.onClose(closed);
    this.#dispatch({ type: 'lost', code: closed.event.code });
  }

  /** Ends the connection, or the attempt, for good. */
  leave(): void {
    this.disconnect();
    this.drop();
  }

  /** Said as well of an attempt that fails as a socket: that one is lost in a moment. */
  #handleFailed(): void {
    if (this.status !== WebSocketStatus.Disconnected) return;
    this.shouldConnect = false;
    this.#dispatch({ type: 'failed' });
  }
}
