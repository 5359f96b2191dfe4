import type { TabloId, UserId } from '@tablo/schema/ids';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { QuietWebSocket } from './quiet-web-socket.ts';
import { tokenOf } from './tokens.ts';

/** An unmodified y-websocket client, and the codes with which its sockets were closed. `url`: `ws://127.0.0.1:<port>` */
export function openYjsClient(url: string, tablo: TabloId, user: UserId, doc = new Y.Doc()) {
  const closes: number[] = [];
  const provider = new WebsocketProvider(`${url}/yjs`, tablo, doc, {
    params: { token: tokenOf(user) },
    WebSocketPolyfill: QuietWebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    maxBackoffTime: 100,
  });
  provider.on('connection-close', (event) => event !== null && closes.push(event.code));
  return { provider, doc, closes, close: () => provider.destroy() };
}
