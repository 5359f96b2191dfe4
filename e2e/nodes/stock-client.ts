/** Unmodified clients of one server: Hocuspocus's provider, and y-websocket's. */
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { ENTRIES_ROOT, type Entry, type MemberEntry } from '@tablo/schema/entry';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { parseServerStateless, type ServerStateless } from '@tablo/schema/wire/stateless';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { tokenOf } from './node-stage.ts';

/** `ws` reports a socket that is closed while it still connects as an error, also when nobody listens any more; browsers do not. */
class QuietWebSocket extends WebSocket {
  constructor(url: string) {
    super(url);
    this.on('error', () => {});
  }
}

export class StockClient {
  readonly doc = new Y.Doc();
  readonly user: UserId;
  readonly heard: ServerStateless[] = [];
  readonly closed: string[] = [];
  readonly denied: string[] = [];
  readonly socket: HocuspocusProviderWebsocket;
  readonly provider: HocuspocusProvider;

  constructor(url: string, tablo: TabloId, user: UserId, { epoch = 1, doc }: { epoch?: number; doc?: Y.Doc } = {}) {
    if (doc !== undefined) this.doc = doc;
    this.user = user;
    this.socket = new HocuspocusProviderWebsocket({
      url: `${url.replace('http', 'ws')}/sync`,
      WebSocketPolyfill: QuietWebSocket,
      delay: 50,
      minDelay: 50,
      maxDelay: 200,
    });
    this.provider = new HocuspocusProvider({
      websocketProvider: this.socket,
      name: `${tablo}/${epoch}`,
      token: tokenOf(user, `User ${user.slice(0, 4)}`),
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

  get entries(): readonly Entry[] {
    return this.doc.getArray<Entry>(ENTRIES_ROOT).toArray();
  }

  get texts(): readonly string[] {
    return this.entries.flatMap((entry) => (entry.kind === 'message' ? [entry.text] : []));
  }

  /** Seqs of messages, in the order in which they were said to be durable. */
  get seqs(): readonly number[] {
    return this.heard.flatMap((one) => (one.type === 'committed' ? one.messages.map((_, nth) => one.seq + nth) : []));
  }

  /** Who is here, themselves included, and whether they type. */
  get people(): readonly string[] {
    const states = [...(this.provider.awareness?.getStates().values() ?? [])];
    return states.flatMap(({ user, typing }) => (user === undefined ? [] : [`${user.id} ${typing === true}`])).sort();
  }

  push(...entries: readonly MemberEntry[]): void {
    this.doc.getArray(ENTRIES_ROOT).push([...entries]);
  }

  show(typing: boolean): void {
    this.provider.awareness?.setLocalState({ user: { id: this.user }, typing });
  }

  close(): void {
    this.provider.destroy();
    this.socket.destroy();
  }
}

export function openYjsClient(url: string, tablo: TabloId, user: UserId) {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(`${url.replace('http', 'ws')}/yjs`, tablo, doc, {
    params: { token: tokenOf(user) },
    WebSocketPolyfill: QuietWebSocket as unknown as typeof globalThis.WebSocket,
    disableBc: true,
    maxBackoffTime: 100,
  });
  const array = doc.getArray<Entry>(ENTRIES_ROOT);
  return { doc, provider, push: (entry: MemberEntry) => array.push([entry]), entries: () => array.toArray() };
}
