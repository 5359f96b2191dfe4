import { WebSocket } from 'ws';

/** `ws` reports a socket that is closed while it still connects as an error, also when nobody listens any more; browsers do not. */
export class QuietWebSocket extends WebSocket {
  constructor(url: string) {
    super(url);
    this.on('error', () => {});
  }
}
