/** Puts the parts that speak Hocuspocus together: extensions, live documents, sockets, revocation. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Extension, Hocuspocus } from '@hocuspocus/server';
import type { Refusal } from '@tablo/schema/close-codes';
import type { DocumentName } from '@tablo/schema/document-name';
import { type LimitName, Limits } from '../access/limits/limits.ts';
import type { Changes } from '../access/members/changes.ts';
import type { DraftReader } from '../access/members/draft-reader.ts';
import type { Membership } from '../access/members/membership.ts';
import type { Profiles } from '../access/members/profiles.ts';
import type { ReadPositionReader } from '../access/members/read-position-reader.ts';
import type { TokenVerifier } from '../access/tokens/token-verifier.ts';
import type { Log } from '../base/log.ts';
import type { EpochLimits, LimitSettings } from '../config/limit-settings.ts';
import type { DocumentStore } from '../documents/document-store.ts';
import { Ledger, type LedgerObserver } from '../ledger/ledger.ts';
import type { LedgerStore } from '../ledger/store/ledger-store.ts';
import type { LiveDocument } from '../ledger/store/live-document.ts';
import { type NodeLink, Nodes, type NodesObserver } from '../nodes/nodes.ts';
import type { ClientClaims } from '../presence/client-claims.ts';
import type { MessagePoster } from '../rest/message-poster.ts';
import { AccessExtension } from './extensions/access-extension.ts';
import { AdmissionExtension } from './extensions/admission-extension.ts';
import { LiveDocuments } from './extensions/documents-extension.ts';
import { createEpochMover } from './extensions/epoch-mover.ts';
import { guard } from './extensions/guard.ts';
import { JoinExtension } from './extensions/join-extension.ts';
import { PresenceExtension } from './extensions/presence-extension.ts';
import { SharedPresence } from './extensions/shared-presence.ts';
import { StatelessExtension } from './extensions/stateless-extension.ts';
import { StorageExtension } from './extensions/storage-extension.ts';
import { TrafficExtension } from './extensions/traffic-extension.ts';
import { HocuspocusPoster } from './hocuspocus-poster.ts';
import { Encodings } from './joins/encodings.ts';
import { HeldDocuments } from './joins/held-documents.ts';
import { JoinAnswers } from './joins/join-answers.ts';
import { Connections, cut, tell } from './sessions/connections.ts';
import { MemberNews } from './sessions/member-news.ts';
import { Revocation } from './sessions/revocation.ts';
import { Backlog, SocketOwners } from './socket/socket-state.ts';
import { TokenChecks } from './socket/token-checks.ts';
import { Sockets } from './sockets.ts';

/** The log is durable already: snapshots only shorten it, so they need not be frequent. */
const SNAPSHOT_DEBOUNCE_MS = 10_000;
const SNAPSHOT_MAX_DEBOUNCE_MS = 60_000;
/** Never, as far as timers go. Hocuspocus sees only frames of documents; `Sockets` knows which links are dead, and ends sockets without a sign-in. */
const IDLE_MS = 2 ** 31 - 1;
/** Given up at shutdown: so many are named one by one. */
const LOGGED_DOCUMENTS = 50;

interface Deps {
  readonly tokens: TokenVerifier;
  readonly membership: Membership;
  readonly profiles: Profiles;
  readonly ledgerStore: LedgerStore;
  readonly documentStore: DocumentStore;
  readonly claims: ClientClaims;
  readonly drafts: DraftReader;
  readonly readPositions: ReadPositionReader;
  readonly changes: Changes;
  /** To other servers on the same database. */
  readonly link: NodeLink;
  readonly refusePage: (origin: string, headers: IncomingHttpHeaders) => string | null;
  readonly observer: Omit<LedgerObserver, 'onPublished'> &
    NodesObserver & { onRefused(refusal: Refusal): void; onLimit(limit: LimitName): void };
  readonly log: Log;
  readonly epochLimits: EpochLimits;
  /** The last `X-Forwarded-For` entry is the client's address. */
  readonly trustProxy: boolean;
  readonly limits: LimitSettings;
}

export interface Sync {
  readonly sockets: Sockets;
  readonly ledger: Ledger;
  readonly poster: MessagePoster;
  /** To a fresh document, if this is still the tablo's. */
  moveTablo(name: DocumentName): Promise<void>;
  /** Other servers on the same database, as far as known. */
  countPeers(): number;
  countConnections(): number;
  countDocuments(): number;
  /** Received on all sockets, and not handled yet. */
  countUnhandledBytes(): number;
  /** Sent on all sockets, and not read: as of the last sweep. */
  countUnreadBytes(): number;
  /** Of all documents that anybody has joined. */
  countHeldBytes(): number;
  /** Joins whose document waits until it may be sent. */
  countWaitingJoins(): number;
  /** ClientIDs that the awareness of a loaded document has something of. */
  heldClients(documentName: string): readonly number[];
  readonly encodings: Pick<Encodings, 'made'>;
  readonly answers: Pick<JoinAnswers, 'peak'>;
  /** Other servers are there: clients go to them, a few at a time. */
  leave(withinMs: number): Promise<void>;
  /** Drains: no new joins, commits finish, snapshots finish; what takes longer than its deadline is given up, and said in the log. */
  close(deadlines: { readonly commitsMs: number; readonly snapshotsMs: number }): Promise<void>;
}

export function openSync(deps: Deps): Sync {
  const { log, membership } = deps;
  let isClosing = false;
  const connections = new Connections();
  const held = new HeldDocuments();
  const documents = new LiveDocuments(deps.documentStore, log, (document) => {
    ledger.noteOpened(document);
    nodes.opened(document);
  });
  const ledger = new Ledger(
    deps.ledgerStore,
    {
      onCommit: (submissions, seconds) => deps.observer.onCommit(submissions, seconds),
      onFailure: (error) => deps.observer.onFailure(error),
      onStorage: (isAway) => {
        tell(connections.all(), { type: 'storage', isAway });
        deps.observer.onStorage?.(isAway);
      },
      onPublished: (changed, moved) => nodes.published(changed, moved),
    },
    {
      epochLimits: deps.epochLimits,
      maxQueuedBytes: deps.limits.queuedBytes,
      foreign: {
        mayShow: () => mayShow(),
        onRows: (rows) => {
          deps.observer.onForeignRows(rows);
          deps.observer.onCatchUp('commit');
        },
      },
    },
  );
  const backlog = new Backlog();
  const owners = new SocketOwners();
  const limits = new Limits(deps.limits, deps.observer.onLimit);
  const presence = new PresenceExtension(documents, connections, deps.claims, limits, log);
  const revocation = new Revocation({
    membership,
    connections,
    isListening: deps.changes.isListening,
    ...openMemberNews(deps, connections),
    log,
    onCome: presence.reveal,
    onHeard: () => nodes.resume(),
  });
  const mayShow = (): boolean => deps.changes.isListening && revocation.isInformed;
  const shared: SharedPresence = new SharedPresence(documents, (name, person) => nodes.show(name, person));
  const nodes = new Nodes({
    link: deps.link,
    loaded: (tablo) => (tablo === undefined ? documents.loaded() : documents.ofTablo(tablo)),
    people: shared,
    mayShow,
    onWritten: (document) => ledger.noteWritten(document),
    observer: deps.observer,
    log,
  });
  const encodings = new Encodings((document) => documents.of(document)?.size.bytes);
  const answers = new JoinAnswers(encodings, limits, owners);
  const tokens = new TokenChecks(deps.tokens, limits);
  const access = new AccessExtension({
    ...deps,
    tokens,
    connections,
    held,
    documents,
    encodings,
    revocation,
    limits,
    owners,
    backlog,
    isShuttingDown: () => isClosing,
    onClaims: (claims) => deps.profiles.remember(claims),
  });
  const extensions: Extension[] = [
    new TrafficExtension(backlog, (connection, token) => void access.renew(connection, token)),
    access,
    new AdmissionExtension({
      ledger,
      store: deps.ledgerStore,
      documents,
      limits,
      claims: deps.claims,
      observer: deps.observer,
      catchUp: (document) => nodes.catchUp(document, 'update'),
      // The database notifies all servers, this one too. If the notification cannot be sent now, the next look-up of the membership sees the change.
      onCome: ({ context: { tabloId, userId } }) =>
        void membership.settle(tabloId, userId).catch((error: unknown) => {
          log.warn({ err: error }, 'It could not be noted that somebody who was added uses the tablo.');
        }),
    }),
    new JoinExtension(answers, encodings, limits, (document) => {
      const live = documents.of(document);
      return live === undefined ? undefined : nodes.catchUp(live, 'join');
    }),
    presence,
    shared,
    new StatelessExtension(ledger, deps.ledgerStore, limits, log),
    new StorageExtension(ledger),
    ...documents.extensions(),
  ].map((extension) => guard(extension, log));
  const hocuspocus = new Hocuspocus({
    extensions,
    quiet: true,
    timeout: IDLE_MS,
    debounce: SNAPSHOT_DEBOUNCE_MS,
    maxDebounce: SNAPSHOT_MAX_DEBOUNCE_MS,
    // Bounded by `DocumentPlaces`, of which Hocuspocus sees no more: at its own bounds it writes to the console.
    maxPendingDocuments: Number.POSITIVE_INFINITY,
    maxUnauthenticatedQueueMessages: Number.POSITIVE_INFINITY,
    maxUnauthenticatedQueueSize: Number.POSITIVE_INFINITY,
  });
  const sockets = new Sockets({
    ...deps,
    tokens,
    hocuspocus,
    limits,
    held,
    documents,
    owners,
    backlog,
    answers,
    renew: access.renew,
  });
  const unsubscribe = deps.changes.subscribe((change) => {
    // Nobody may be writing; the one connection that is always asked has gone.
    if (change.type === 'lost') ledger.suspect();
    revocation.handle(change);
  });
  revocation.open();
  nodes.open();

  return {
    sockets,
    ledger,
    poster: new HocuspocusPoster({ hocuspocus, membership, documents, ledger, limits }),
    moveTablo: createEpochMover({ hocuspocus, documents, ledger }),
    countPeers: () => nodes.peers,
    countConnections: () => connections.size,
    countDocuments: () => hocuspocus.getDocumentsCount(),
    countUnhandledBytes: () => backlog.total,
    countUnreadBytes: () => sockets.unreadBytes,
    countHeldBytes: () => held.total,
    countWaitingJoins: () => answers.waiting,
    heldClients: (name) => [...(hocuspocus.documents.get(name)?.awareness.meta.keys() ?? [])],
    encodings,
    answers,
    leave: (withinMs) => sockets.leave(withinMs),
    close: async ({ commitsMs, snapshotsMs }) => {
      isClosing = true;
      unsubscribe();
      revocation.close();
      await ledger.close(commitsMs);
      const loaded = documents.loaded();
      documents.close();
      nodes.stop();
      for (const connection of connections.all()) cut(connection, 'shutting-down');
      sockets.close();
      hocuspocus.flushPendingStores();
      await waitUntil(() => hocuspocus.getDocumentsCount() === 0, snapshotsMs);
      await nodes.close();
      logUnsaved(loaded, log);
      sockets.terminate();
    },
  };
}

/** What the database keeps for a member beside the document. It is sent to all of their devices when it changes on one. */
function openMemberNews({ drafts, readPositions, log }: Deps, connections: Connections) {
  const onFailure = (error: unknown): void => log.warn({ err: error }, "A member's devices could not be told of news.");
  return {
    drafts: new MemberNews({
      connections,
      onFailure,
      read: async (tablo, user) => {
        const draft = await drafts.find(user, tablo);
        return draft === null ? null : { type: 'draft', ...draft };
      },
    }),
    positions: new MemberNews({
      connections,
      onFailure,
      read: async (tablo, user) => {
        const seq = await readPositions.find(user, tablo);
        return seq === null ? null : { type: 'read', seq };
      },
    }),
  };
}

/** Every entry is in the log table; what is missing is the snapshot that would shorten it. */
function logUnsaved(documents: readonly LiveDocument[], log: Log): void {
  const unsaved = documents.filter((document) => document.unsaved > 0 && !document.hasMoved && !document.isBroken);
  for (const { tabloId, unsaved: rows } of unsaved.slice(0, LOGGED_DOCUMENTS))
    log.warn({ tablo: tabloId, rows }, 'A snapshot was given up; the log table has these rows.');
  const more = unsaved.length - LOGGED_DOCUMENTS;
  if (more > 0) log.warn({ tablos: more }, 'More snapshots were given up; the log table has their rows.');
}

/** Hocuspocus has no promise for "all unloaded": its own `destroy` waits for ever when a store fails (TRAPS 1.1). */
async function waitUntil(isDone: () => boolean, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!isDone() && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10));
}
