/**
 * Presence: who is here and typing. Identity is the server's knowledge, and a connection shows one clientID for its life [R3]: the first one that it names and that belongs to
 * its user. A client that writes under a new clientID has joined anew.
 *
 * Whose a clientID is, `ClientClaims` says; nobody sees a state before that is known. While the database is away the newest state waits or is dropped: clients repeat
 * it every 15 seconds.
 */
import type { beforeHandleMessagePayload, connectedPayload, Document, Extension } from '@hocuspocus/server';
import * as encoding from 'lib0/encoding';
import { applyAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness';
import type { Limits } from '../../access/limits/limits.ts';
import type { Log } from '../../base/log.ts';
import type { ClientClaims } from '../../presence/client-claims.ts';
import { type Peer, readPresence } from '../../presence/read-presence.ts';
import { sanitizePresence } from '../../presence/sanitize-presence.ts';
import type { Connections } from '../sessions/connections.ts';
import { FRAME } from '../socket/frames/frame-types.ts';
import { muteFrame, readFrameHead, readPayload } from '../socket/frames/read-frame.ts';
import type { LiveConnection } from '../socket/live-connection.ts';
import type { LiveDocuments } from './documents-extension.ts';

/** For each such number of recipients a frame costs one more. Further connections of one recipient cost the sender nothing. */
const AUDIENCE = 100;

interface Shown {
  /** `null` until a clientID was claimed for this user. */
  client: number | null;
  /** The newest state, which waits until the owner of its clientID is known. */
  claiming: Peer | null;
  /** [R6] The state of a newcomer, which is shown to nobody before they use the tablo. */
  withheld: Peer | null;
}

export class PresenceExtension implements Extension {
  readonly #documents: LiveDocuments;
  readonly #connections: Pick<Connections, 'countUsers'>;
  readonly #claims: ClientClaims;
  readonly #limits: Limits;
  readonly #log: Log;
  readonly #shown = new WeakMap<LiveConnection, Shown>();

  constructor(
    documents: LiveDocuments,
    connections: Pick<Connections, 'countUsers'>,
    claims: ClientClaims,
    limits: Limits,
    log: Log,
  ) {
    this.#documents = documents;
    this.#connections = connections;
    this.#claims = claims;
    this.#limits = limits;
    this.#log = log;
  }

  async connected({ connection }: connectedPayload): Promise<void> {
    const live = connection as LiveConnection;
    live.onClose(() => {
      const client = this.#shown.get(live)?.client ?? null;
      if (client !== null) this.#forget(live.document, client);
    });
  }

  async beforeHandleMessage({ update: frame, connection, document }: beforeHandleMessagePayload): Promise<void> {
    const head = readFrameHead(frame);
    if (head?.type !== FRAME.awareness) return;
    const peers = readPresence(readPayload(frame, head));
    muteFrame(frame, head);
    // Everybody who is here is sent it.
    const { userId, tabloId } = (connection as LiveConnection).context;
    if (!this.#limits.take('awareness', userId, this.#connections.countUsers(tabloId) / AUDIENCE)) return;
    const live = connection as LiveConnection;
    const shown = this.#shown.get(live) ?? { client: null, claiming: null, withheld: null };
    this.#shown.set(live, shown);
    const own = shown.client ?? shown.claiming?.client ?? null;
    const isOwn = ({ client, json }: Peer) => (own === null ? isState(json) : client === own);
    const peer = peers.find(isOwn);
    if (peer === undefined) return;
    if (shown.client !== null) return this.#show(live, document, peer);
    const isUnderWay = shown.claiming !== null;
    shown.claiming = peer;
    if (!isUnderWay) void this.#claim(live, document, shown);
  }

  /** Never rejects: nobody waits for it, least of all the connection's other frames. */
  async #claim(live: LiveConnection, document: Document, shown: Shown): Promise<void> {
    const client = shown.claiming?.client ?? 0;
    try {
      const isMine = await this.#isMine(live, document, client);
      const { claiming } = shown;
      shown.claiming = null;
      if (!isMine || !document.hasConnection(live)) return;
      shown.client = client;
      if (claiming !== null) this.#show(live, document, claiming);
    } catch (error) {
      shown.claiming = null;
      this.#log.warn({ err: error }, 'It could not be learned whose a clientID is; it is not shown.');
    }
  }

  async #isMine(live: LiveConnection, document: Document, client: number): Promise<boolean> {
    const { tabloId, epoch, userId } = live.context;
    const frontier = this.#documents.of(document)?.frontier;
    const owner = frontier?.ownerOf(client) ?? null;
    if (frontier === undefined || owner !== null) return owner === userId;
    if (!this.#limits.isSolvent('claims', userId)) return this.#limits.exceeded('claims');
    const outcome = await this.#claims.claim({ tabloId, epoch, client, userId });
    if (outcome === 'new') this.#limits.charge('claims', userId, 1);
    if (outcome === 'too-many') this.#limits.exceeded('claims');
    // Another user's entry under this clientID may have been admitted meanwhile.
    return (outcome === 'new' || outcome === 'mine') && frontier.claim(client, userId);
  }

  /** A newcomer has used the tablo: the presence that their page has sent meanwhile is shown now. */
  reveal = (live: LiveConnection): void => {
    const withheld = this.#shown.get(live)?.withheld ?? null;
    if (withheld !== null && live.document.hasConnection(live)) this.#show(live, live.document, withheld);
  };

  #show(live: LiveConnection, document: Document, peer: Peer): void {
    const shown = this.#shown.get(live);
    if (shown !== undefined) shown.withheld = live.context.isNewcomer ? peer : null;
    if (live.context.isNewcomer) return;
    const { client, clock, json } = peer;
    const origin = { source: 'connection', connection: live } as const;
    if (json === 'null') return removeAwarenessStates(document.awareness, [client], origin);
    const state = sanitizePresence(json, { id: live.context.userId, name: live.context.name });
    if (state === null) return;
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, 1);
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
    encoding.writeVarString(encoder, JSON.stringify(state));
    applyAwarenessUpdate(document.awareness, encoding.toUint8Array(encoder), origin);
  }

  /** The claim stays stored. Without this an open document would keep every clientID in memory that was ever shown. */
  #forget(document: Document, client: number): void {
    this.#documents.of(document)?.frontier.release(client);
    setImmediate(() => {
      if (document.isDestroyed || document.awareness.states.has(client)) return;
      // Its clock is kept for the removal that is still to be sent.
      document.flush();
      document.awareness.meta.delete(client);
    });
  }
}

/** A quick check that does not decode the state. */
const isState = (json: string): boolean => json.startsWith('{') && json.length > 2;
