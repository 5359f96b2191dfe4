/**
 * For tests: a real Hocuspocus on a real port, with an admission and a REST half just large enough to talk to the client: commits in memory, refuses
 * on demand, moves epochs, forgets like a restored backup.
 */
/// <reference types="node" />
// biome-ignore-all lint/style/noRestrictedImports: the server that the client is tested against.
import type { Socket } from 'node:net';
import { type Document, type Extension, OutgoingMessage, Server, type WebSocketLike } from '@hocuspocus/server';
import type { ReasonCode } from '@tablo/schema/close-codes';
import { encodeDocumentName, parseDocumentName } from '@tablo/schema/document-name';
import type { DraftText } from '@tablo/schema/draft';
import { createArrival, ENTRIES_ROOT, encodeEntryContent, type MemberEntry, parseEntry } from '@tablo/schema/entry';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import { isLate } from '@tablo/schema/shown-at';
import { isSign, PING, PONG } from '@tablo/schema/wire/ping';
import { encodeStateless, parseClientStateless, type ServerStateless } from '@tablo/schema/wire/stateless';
import * as Y from 'yjs';
import { answerRest } from './fake-rest.ts';
import { subjectOf } from './subject-of.ts';

export interface FakeTablo {
  readonly id: TabloId;
  name: string;
  epoch: number;
  lastSeq: number;
  readonly members: Map<string, Role>;
  readonly durable: Map<string, { entry: MemberEntry; seq: number; isDeleted: boolean }>;
  readonly readSeq: Map<string, number>;
  /** By user. */
  readonly drafts: Map<string, DraftText>;
  /** Snapshot of the live epoch, for when Hocuspocus has unloaded it. */
  state: Uint8Array | null;
}

export interface FakeInvite {
  readonly id: string;
  readonly tabloId: TabloId;
  readonly role: Role;
  readonly by: string;
}

type Verdict = { code: ReasonCode; ids?: readonly string[] } | null;

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

export function fakeToken(user: string, ttlSeconds = 3600, nonce = ''): string {
  const now = Math.floor(Date.now() / 1000);
  return `${base64({ alg: 'none' })}.${base64({ sub: user, iat: now, exp: now + ttlSeconds, nonce })}.x`;
}

export class FakeServer {
  readonly tablos = new Map<string, FakeTablo>();
  /** Looks at each update before it is committed. */
  judge: (entries: readonly MemberEntry[]) => Verdict = () => null;
  /** As the real one: takes what it refuses out of the document, and the rest of the update in. Otherwise a refusal is about an update as a whole. */
  takesOut = false;
  /** Denies joins while set. */
  deny: ReasonCode | null = null;
  answersCheck = true;
  /** When entries are shown that were received late, as answers to `check` tell. */
  readonly shownAt: Record<string, number> = {};
  /** REST has no history to give, as when the database is away. */
  hasHistory = true;
  /** So many reports of a read position fail. */
  failingReads = 0;
  /** What `PUT draft` is answered with while set. */
  refusesDrafts: { readonly status: number; readonly code: string } | null = null;
  /** Drafts are kept, and their answers wait while set. */
  holdsDraftAnswers: Promise<void> | null = null;
  /** Commits wait while set, as with PostgreSQL away. */
  hold: Promise<void> | null = null;
  /** Asks every client twice for what the server lacks, and thinks about the answers while set. */
  holdAnswers: Promise<void> | null = null;
  /** By code: links into tablos. */
  readonly invites = new Map<string, FakeInvite>();
  /** By id: invitations of persons. */
  readonly invitations = new Map<string, FakeInvite & { readonly invitee: string }>();
  /** By user, where it is not the one that tests know people by. */
  readonly names = new Map<string, string>();
  /** The list says who wrote the last message, and `/chat/people` is there: with a server of an earlier release neither is. */
  namesAuthors = true;
  /** Tablos or members on a page of a list; null: no pages, as a server of an earlier release. */
  pageSize: number | null = null;
  /** Called before each page of the list of tablos is made, with its number. */
  onPage: (nth: number) => void = () => {};
  /** Adding who is no member makes an invitation. */
  asksBeforeAdding = false;
  readonly tokensRejected = new Set<string>();
  readonly requests: string[] = [];
  /** Ends every socket at its first frame with this code, after a sign of life. */
  closeWith: number | null = null;
  /** Sockets opened, and when: ms of `performance.now`. */
  readonly openings: number[] = [];
  pings = 0;
  updates = 0;
  joins = 0;
  maxPending = 0;
  readonly #options: { maxPendingDocuments: number };
  /** Joins that are not decided, by socket. */
  readonly #pending = new Map<string, number>();
  readonly #sockets = new Set<Socket>();
  readonly #webSockets = new Set<Pick<WebSocketLike, 'close'>>();
  #server: Server | null = null;
  /** What an earlier run still stores is lost with it. */
  #run = 0;
  #isFrozen = false;
  #port = 0;

  constructor(options: { maxPendingDocuments?: number } = {}) {
    this.#options = { maxPendingDocuments: options.maxPendingDocuments ?? 100 };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  addTablo(name: string, members: Readonly<Record<string, Role>>): FakeTablo {
    const tablo: FakeTablo = {
      id: createEntryId() as string as TabloId,
      name,
      epoch: 1,
      lastSeq: 0,
      members: new Map(Object.entries(members)),
      durable: new Map(),
      readSeq: new Map(),
      drafts: new Map(),
      state: null,
    };
    this.tablos.set(tablo.id, tablo);
    return tablo;
  }

  async start(): Promise<void> {
    const server = new Server({
      port: this.#port,
      address: '127.0.0.1',
      quiet: true,
      stopOnSignals: false,
      debounce: 10,
      maxPendingDocuments: this.#options.maxPendingDocuments,
      extensions: [this.#extension()],
    });
    this.#answerPings(server);
    server.httpServer.on('connection', (socket) => {
      this.#sockets.add(socket);
      if (this.#isFrozen) socket.pause();
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await server.listen();
    this.#port = server.address.port;
    this.#server = server;
  }

  /** Cuts all sockets and the port, as a killed process would. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.#run += 1;
    if (server === null) return;
    for (const document of server.hocuspocus.documents.values()) this.#remember(document.name, document);
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
    await new Promise<void>((resolve) => server.httpServer.close(() => resolve()));
  }

  /** Sockets stay open and nothing comes or goes on them; new ones are not answered either. */
  freeze(): void {
    this.#isFrozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** A restart as the real server announces it: sockets are closed, the port stays. */
  closeSockets(code: number, reason: string): void {
    for (const socket of this.#webSockets) socket.close(code, reason);
  }

  /** What was frozen stays dead. */
  thaw(): void {
    this.#isFrozen = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  entriesOf(tablo: FakeTablo): readonly MemberEntry[] {
    return [...tablo.durable.values()].map((one) => one.entry);
  }

  /** How many elements the live document holds: repeated ones count. */
  documentLength(tablo: FakeTablo): number {
    return this.#document(tablo)?.getArray(ENTRIES_ROOT).length ?? 0;
  }

  connections(tablo: FakeTablo): number {
    return this.#document(tablo)?.getConnectionsCount() ?? 0;
  }

  /** Raises the epoch and closes the old document, as the real server does. */
  moveEpoch(tablo: FakeTablo): void {
    const old = this.#document(tablo);
    tablo.epoch += 1;
    tablo.state = null;
    for (const connection of old?.getConnections() ?? []) connection.close({ code: 1012, reason: 'epoch-moved' });
  }

  /** Loses sight of everybody who has joined: their sockets stay open, and nothing of the tablo comes to them any more. */
  loseSight(tablo: FakeTablo): void {
    const document = this.#document(tablo);
    if (document === undefined) return;
    this.#remember(document.name, document);
    this.#server?.hocuspocus.documents.delete(document.name);
  }

  cut(tablo: FakeTablo, reason: string): void {
    for (const connection of this.#document(tablo)?.getConnections() ?? []) connection.close({ code: 4403, reason });
  }

  /** A message of a bot, through `POST`: on the live document and durable. `sentAt`: by a clock of its own; received now. */
  async post(tablo: FakeTablo, user: string, text: string, sentAt = Date.now()): Promise<EntryId> {
    const entry: MemberEntry = { kind: 'message', id: createEntryId(), author: user as UserId, sentAt, text };
    const arrivals = isLate(sentAt, Date.now()) ? [createArrival([entry.id], Date.now())] : [];
    const name = encodeDocumentName({ tabloId: tablo.id, epoch: tablo.epoch });
    const direct = await this.#server?.hocuspocus.openDirectConnection(name, { user });
    const seq = this.#record(tablo, entry);
    await direct?.transact((document) => document.getArray(ENTRIES_ROOT).push([...arrivals, entry]));
    this.tell(tablo, { type: 'committed', seq, messages: [entry.id], others: [] });
    await direct?.disconnect();
    return entry.id;
  }

  tell(tablo: FakeTablo, message: ServerStateless): void {
    this.#document(tablo)?.broadcastStateless(encodeStateless(message));
  }

  tellUser(tablo: FakeTablo, user: string, message: ServerStateless): void {
    for (const connection of this.#document(tablo)?.getConnections() ?? []) {
      if ((connection.context as { user?: string }).user === user) connection.sendStateless(encodeStateless(message));
    }
  }

  /** A backup of before: the given entries are gone, from rows and document. */
  async restoreWithout(tablo: FakeTablo, ids: readonly string[]): Promise<void> {
    const kept = this.entriesOf(tablo).filter((entry) => !ids.includes(entry.id));
    await this.stop();
    tablo.durable.clear();
    tablo.lastSeq = 0;
    const doc = new Y.Doc();
    for (const entry of kept) this.#record(tablo, entry);
    doc.getArray(ENTRIES_ROOT).push(kept);
    tablo.state = Y.encodeStateAsUpdate(doc);
    await this.start();
  }

  /** At the socket, before Hocuspocus, as the real server does. */
  #answerPings({ hocuspocus }: Server): void {
    const handle = hocuspocus.handleConnection.bind(hocuspocus);
    hocuspocus.handleConnection = (socket, ...rest) => {
      this.openings.push(performance.now());
      this.#webSockets.add(socket);
      const client = handle(socket, ...rest);
      const pass = client.handleMessage;
      client.handleMessage = (frame) => {
        if (isSign(frame, PING)) {
          this.pings += 1;
          (socket as WebSocketLike).send(Uint8Array.of(PING));
        }
        if (this.closeWith !== null) socket.close(this.closeWith);
        else if (!isSign(frame, PING) && !isSign(frame, PONG)) pass(frame);
      };
      return client;
    };
  }

  #document(tablo: FakeTablo) {
    return this.#server?.hocuspocus.documents.get(encodeDocumentName({ tabloId: tablo.id, epoch: tablo.epoch }));
  }

  #record(tablo: FakeTablo, entry: MemberEntry): number {
    if (entry.kind === 'message') tablo.lastSeq += 1;
    if (entry.kind === 'delete') {
      const target = tablo.durable.get(entry.target);
      if (target !== undefined) target.isDeleted = true;
    }
    tablo.durable.set(entry.id, { entry, seq: entry.kind === 'message' ? tablo.lastSeq : 0, isDeleted: false });
    return tablo.lastSeq;
  }

  #remember(name: string, document: Y.Doc): void {
    const parsed = parseDocumentName(name);
    const tablo = parsed === null ? undefined : this.tablos.get(parsed.tabloId);
    if (tablo !== undefined && tablo.epoch === parsed?.epoch) tablo.state = Y.encodeStateAsUpdate(document);
  }

  #tabloFor(name: string): FakeTablo {
    const parsed = parseDocumentName(name);
    const tablo = parsed === null ? undefined : this.tablos.get(parsed.tabloId);
    if (tablo === undefined) throw Object.assign(new Error('forbidden'), { reason: 'forbidden' });
    if (tablo.epoch !== parsed?.epoch) throw Object.assign(new Error('epoch-moved'), { reason: 'epoch-moved' });
    return tablo;
  }

  #extension(): Extension {
    const committed = new WeakMap<object, ServerStateless>();
    const refusing = new WeakSet<object>();
    const run = this.#run;
    return {
      onConnect: async ({ socketId }) => {
        this.joins += 1;
        const pending = (this.#pending.get(socketId) ?? 0) + 1;
        this.#pending.set(socketId, pending);
        this.maxPending = Math.max(this.maxPending, pending);
      },
      onAuthenticate: async ({ token, documentName, socketId }) => {
        try {
          // A turn later, so that joins overlap as they do when a database is asked.
          await new Promise((resolve) => setTimeout(resolve, 1));
          if (this.deny !== null) throw Object.assign(new Error(this.deny), { reason: this.deny });
          if (this.tokensRejected.has(token)) throw Object.assign(new Error('expired'), { reason: 'token-expired' });
          const user = subjectOf(token);
          if (user === null) throw Object.assign(new Error('no'), { reason: 'unauthenticated' });
          const parsed = parseDocumentName(documentName);
          if (!this.tablos.get(parsed?.tabloId ?? '')?.members.has(user))
            throw Object.assign(new Error('no'), { reason: 'forbidden' });
          this.#tabloFor(documentName);
          return { user };
        } finally {
          this.#pending.set(socketId, (this.#pending.get(socketId) ?? 0) - 1);
        }
      },
      onLoadDocument: async ({ documentName }) => this.#tabloFor(documentName).state ?? undefined,
      onStoreDocument: async ({ documentName, document }) => {
        if (run === this.#run) this.#remember(documentName, document);
      },
      connected: async ({ connection }) => {
        if (this.holdAnswers === null) return;
        const question = new OutgoingMessage(connection.messageAddress);
        connection.send(question.createSyncMessage().writeFirstSyncStepFor(connection.document).toUint8Array());
      },
      beforeSync: async ({ type, payload, connection, document, context }) => {
        if (type === 0 || connection === undefined) return;
        if (type === 1 && this.holdAnswers !== null) await this.holdAnswers;
        const values = Y.decodeUpdate(payload).structs.flatMap((struct) => {
          if (!(struct instanceof Y.Item)) return [];
          const known = Y.getState(document.store, struct.id.client);
          const skipped = Math.max(0, known - struct.id.clock);
          if (struct.id.clock > known) throw new Error('a gap');
          return (struct.content.getContent() as unknown[]).slice(skipped);
        });
        if (values.length === 0) return;
        this.updates += 1;
        if (this.hold !== null) await this.hold;
        const tablo = this.#tabloFor(document.name);
        const entries = values.map((value) => {
          const parsed = parseEntry(value);
          if (!parsed.ok) throw new Error(parsed.error);
          return parsed.value as MemberEntry;
        });
        const refuse = (code: ReasonCode, ids: readonly string[]) => {
          refusing.add(connection);
          connection.readOnly = true;
          connection.sendStateless(
            encodeStateless({ type: 'refused', code, message: `Refused: ${code}.`, ids: [...ids] }),
          );
        };
        const foreign = entries.filter((entry) => entry.author !== (context as { user: string }).user);
        if (foreign.length > 0)
          return refuse(
            'not-your-entry',
            entries.map((entry) => entry.id),
          );
        const double = entries.filter((entry) => {
          const known = tablo.durable.get(entry.id);
          return (
            known !== undefined &&
            (known.entry.sentAt !== entry.sentAt || encodeEntryContent(known.entry) !== encodeEntryContent(entry))
          );
        });
        if (double.length > 0)
          return refuse(
            'duplicate-id',
            double.map((entry) => entry.id),
          );
        const verdict = this.judge(entries);
        const refusedIds = new Set(verdict?.ids ?? (verdict === null ? [] : entries.map((entry) => entry.id)));
        if (verdict !== null) {
          if (this.takesOut) takeOut(document, payload, refusedIds);
          refuse(verdict.code, [...refusedIds]);
          if (!this.takesOut) return;
        }
        const taken = entries.filter(({ id }) => !refusedIds.has(id));
        const fresh = taken.filter(
          (entry, index) => !tablo.durable.has(entry.id) && taken.findIndex(({ id }) => id === entry.id) === index,
        );
        const first = tablo.lastSeq + 1;
        for (const entry of fresh) this.#record(tablo, entry);
        const late = fresh.filter(({ sentAt }) => isLate(sentAt, Date.now())).map(({ id }) => id);
        if (late.length > 0) document.getArray(ENTRIES_ROOT).push([createArrival(late, Date.now())]);
        // Durable with its rows, as in one transaction: the connection may be gone before Hocuspocus applies it.
        tablo.state =
          verdict === null
            ? Y.mergeUpdates(tablo.state === null ? [payload] : [tablo.state, payload])
            : Y.encodeStateAsUpdate(document);
        if (taken.length === 0) return;
        const messages = fresh.flatMap((entry) => (entry.kind === 'message' ? [entry.id] : []));
        const others = taken.flatMap((entry) => (messages.includes(entry.id) ? [] : [entry.id]));
        committed.set(connection, { type: 'committed', seq: first, messages, others });
      },
      afterHandleMessage: async ({ connection, document }) => {
        if (refusing.delete(connection)) connection.readOnly = false;
        const message = committed.get(connection);
        committed.delete(connection);
        if (message === undefined) return;
        document.flush(); // As the real server does: a client that receives `committed` has received the entries before.
        document.broadcastStateless(encodeStateless(message));
      },
      onStateless: async ({ payload, connection, documentName }) => {
        const message = parseClientStateless(payload);
        if (message === null || !this.answersCheck) return;
        const tablo = this.#tabloFor(documentName);
        const others = message.ids.filter((id) => tablo.durable.has(id));
        const shownAt = Object.fromEntries(Object.entries(this.shownAt).filter(([id]) => others.includes(id)));
        connection.sendStateless(encodeStateless({ type: 'committed', seq: 0, messages: [], others, shownAt }));
      },
      onRequest: async ({ request, response }) => {
        await answerRest(this, request, response);
        throw undefined;
      },
    };
  }
}

/** In one transaction: nobody sees what is taken out. */
function takeOut(document: Document, update: Uint8Array, ids: ReadonlySet<string>): void {
  document.transact(() => {
    Y.applyUpdate(document, update);
    const array = document.getArray<{ readonly id: string }>(ENTRIES_ROOT);
    for (let index = array.length - 1; index >= 0; index -= 1) if (ids.has(array.get(index).id)) array.delete(index);
  });
  document.flush();
}
