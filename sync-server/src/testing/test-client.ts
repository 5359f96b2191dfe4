/** An unmodified provider and what it heard. */
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { parseServerStateless, type ServerStateless } from '@tablo/schema/wire/stateless';
import * as Y from 'yjs';
import { QuietWebSocket } from './quiet-web-socket.ts';

export class TestClient {
  readonly doc: Y.Doc;
  readonly heard: ServerStateless[] = [];
  readonly closed: string[] = [];
  readonly denied: string[] = [];
  readonly socket: HocuspocusProviderWebsocket;
  readonly provider: HocuspocusProvider;

  /** `url`: `ws://127.0.0.1:<port>` */
  constructor(url: string, name: string, token: string | (() => Promise<string>), doc = new Y.Doc()) {
    this.doc = doc;
    this.socket = new HocuspocusProviderWebsocket({
      url: `${url}/sync`,
      WebSocketPolyfill: QuietWebSocket,
      delay: 50,
      minDelay: 50,
      maxDelay: 200,
    });
    this.provider = new HocuspocusProvider({
      websocketProvider: this.socket,
      name,
      token,
      document: this.doc,
      onStateless: ({ payload }) => {
        const message = parseServerStateless(payload);
        if (message !== null) this.heard.push(message);
      },
      onClose: ({ event }) => this.closed.push(event.reason),
      onAuthenticationFailed: ({ reason }) => this.denied.push(reason),
    });
    this.provider.attach();
  }

  get entries(): readonly Record<string, unknown>[] {
    return this.doc.getArray<Record<string, unknown>>('messages').toArray();
  }

  get texts(): readonly unknown[] {
    return this.entries.filter(({ kind }) => kind === 'message').map(({ text }) => text);
  }

  push(...entries: readonly unknown[]): void {
    this.doc.getArray('messages').push([...entries]);
  }

  refusals(): readonly string[] {
    return this.heard.flatMap((message) => (message.type === 'refused' ? [message.code] : []));
  }

  close(): void {
    this.provider.destroy();
    this.socket.destroy();
  }
}
