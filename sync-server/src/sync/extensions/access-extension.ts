/**
 * Who may be in a document. Membership is read at every join, and again whenever the database announces a change: `revocation.ts` does
 * that for live connections; a join in progress compares times.
 */
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { connectedPayload, Extension, onAuthenticatePayload } from '@hocuspocus/server';
import type { ReasonCode } from '@tablo/schema/close-codes';
import { parseDocumentName } from '@tablo/schema/document-name';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { canWrite } from '@tablo/schema/roles';
import { KeyedGate } from '../../access/limits/keyed-gate.ts';
import type { Limits } from '../../access/limits/limits.ts';
import type { Member, Membership } from '../../access/members/membership.ts';
import { type Claims, displayName } from '../../access/tokens/claims.ts';
import type { Encodings } from '../joins/encodings.ts';
import type { HeldDocuments } from '../joins/held-documents.ts';
import type { Connections } from '../sessions/connections.ts';
import { cut } from '../sessions/connections.ts';
import type { Revocation } from '../sessions/revocation.ts';
import type { ConnectionContext, LiveConnection } from '../socket/live-connection.ts';
import { type Backlog, nameOnSocket, type SocketOwners, type SocketState, weighToken } from '../socket/socket-state.ts';
import type { TokenChecks } from '../socket/token-checks.ts';
import type { LiveDocuments } from './documents-extension.ts';

/** Joins of one user that run at the same time. Each reads the database, which has ten connections for all users. */
const JOINS_AT_ONCE = 6;
/** A join that does not end within this time gives its place to the next one. */
const JOIN_MS = 30_000;
/** How often a waiting join checks whether its user's rate allows the next document. */
const OWED_MS = 100;

/** Hocuspocus forwards `reason` to the client, and logs only what has a `message`. */
function deny(reason: ReasonCode): never {
  throw { reason };
}

interface Deps {
  readonly tokens: TokenChecks;
  readonly membership: Membership;
  readonly connections: Connections;
  readonly held: HeldDocuments;
  readonly documents: LiveDocuments;
  readonly revocation: Revocation;
  readonly encodings: Encodings;
  readonly limits: Limits;
  readonly owners: SocketOwners;
  readonly backlog: Backlog;
  readonly isShuttingDown: () => boolean;
  /** Called with the claims of a user who joins, so that their name is stored for others. */
  readonly onClaims: (claims: Claims) => void;
}

export class AccessExtension implements Extension {
  readonly #deps: Deps;
  readonly #gate = new KeyedGate(JOINS_AT_ONCE);

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async onAuthenticate(payload: onAuthenticatePayload): Promise<ConnectionContext> {
    const { socket } = payload.context as { socket: SocketState };
    const document = nameOnSocket(socket, payload.documentName);
    try {
      const context = await this.#admit(payload, socket);
      this.#deps.backlog.remove(socket, document, weighToken(payload.token));
      return context;
    } catch (error) {
      socket.resume('token');
      // Frames that came with the token are dropped. A socket without a sign-in gets no credit back for them.
      if (socket.userId !== null) this.#deps.backlog.release(socket, document);
      throw error;
    }
  }

  async #admit(
    { token, documentName, connectionConfig }: onAuthenticatePayload,
    socket: SocketState,
  ): Promise<ConnectionContext> {
    if (this.#deps.isShuttingDown()) deny('shutting-down');
    const claims = await this.#verify(socket, token);
    this.#bind(socket, claims.userId);
    const name = parseDocumentName(documentName);
    if (name === null) deny('forbidden');
    if (!this.#hasSession(name.tabloId, claims.userId)) deny('rate-limited');
    await this.#takeTurn(socket, documentName, claims.userId);
    const admittedAt = Date.now();
    const member = await this.#findMember(name.tabloId, claims.userId);
    if (member === null) deny('forbidden');
    if (member.epoch !== name.epoch) deny('epoch-moved');
    connectionConfig.readOnly = !canWrite(member.role);
    this.#deps.onClaims(claims);
    const { userId, expiresAt } = claims;
    return {
      socket,
      ...name,
      userId,
      name: displayName(claims),
      role: member.role,
      isNewcomer: member.isNewcomer === true,
      expiresAt,
      admittedAt,
      isOverruled: false,
      isRenewing: false,
      nextToken: null,
      isAnswer: false,
    };
  }

  async connected({ connection }: connectedPayload): Promise<void> {
    const live = connection as LiveConnection;
    // The client has left already: its farewell came together with what it sent before it was let in.
    if (!live.document.hasConnection(live)) return;
    const { connections, held, encodings, limits, backlog } = this.#deps;
    const { socket, userId } = live.context;
    socket.places.enter(live);
    live.onClose(() => {
      socket.places.leave(live.messageAddress);
      backlog.release(socket, nameOnSocket(socket, live.document.name));
    });
    const bytes = live.document.isDestroyed ? 0 : encodings.sizeOf(live.document);
    connections.add(live);
    held.add(live, bytes);
    const isRead = limits.allows('unread', socket.unread(), limits.settings.unreadBytes);
    const isHeld = limits.allows('held', held.of(userId), limits.settings.heldBytesPerUser);
    // The count includes this connection. Of many that join at once, only the permitted number stays.
    const isOneOfFew = this.#hasSession(live.context.tabloId, userId, 1);
    if (!isRead || !isHeld || !isOneOfFew) return cut(live, 'rate-limited');
    // The membership may have changed since the checks above, and a connection that was not listed yet could not be notified.
    const document = this.#deps.documents.of(live.document);
    if (document?.hasMoved) return cut(live, 'epoch-moved');
    if (document?.isBroken) return cut(live, 'unavailable');
    await this.#deps.revocation.recheckIfChangedSince(live, live.context.admittedAt);
  }

  /**
   * Renews a token in place as soon as it arrives: it does not wait behind frames that wait for the database. One token is checked at a time, and the newest that arrived meanwhile is next. A bad token changes
   * nothing: the old one ends when it ends. Never rejects.
   */
  renew = async (connection: LiveConnection, token: string): Promise<void> => {
    const { context } = connection;
    context.nextToken = token;
    if (context.isRenewing) return;
    context.isRenewing = true;
    while (context.nextToken !== null) {
      const next = context.nextToken;
      context.nextToken = null;
      // Tokens that bring nothing new are limited like joins: each costs as much.
      if (this.#deps.limits.take('joins', context.userId, 1)) await this.#renewOnce(connection, next);
    }
    context.isRenewing = false;
  };

  async #renewOnce(connection: LiveConnection, token: string): Promise<void> {
    const { context } = connection;
    const verified = await this.#deps.tokens.check(context.socket, token).catch(() => null);
    if (!verified?.ok) return;
    if (verified.value.userId !== context.userId) return cut(connection, 'unauthenticated');
    context.expiresAt = Math.max(context.expiresAt, verified.value.expiresAt);
    context.name = displayName(verified.value);
  }

  /** A user's joins run in turn. Each waits for the user's rate, and until the rate covers the documents before it. */
  async #takeTurn(socket: SocketState, document: string, user: UserId): Promise<void> {
    const leave = await this.#gate.enter(user);
    // Without this, thousands of joins in a row would run in one turn of the event loop, in which no frames of others are read.
    await nextTurn();
    if (socket.isEnded) {
      leave();
      deny('rate-limited');
    }
    socket.places.join(document, leave);
    const { limits } = this.#deps;
    let isPaid = limits.isSolvent('joinBytes', user) && limits.take('joins', user, 1);
    while (!isPaid && !socket.isEnded) {
      await delay(OWED_MS, undefined, { ref: false });
      isPaid = limits.isSolvent('joinBytes', user) && limits.tryTake('joins', user, 1);
    }
    if (socket.isEnded) {
      leave();
      deny('rate-limited');
    }
    setTimeout(leave, JOIN_MS).unref();
  }

  /** Binds the socket to its first user, before anything is awaited: many sockets at once are counted one by one. */
  #bind(socket: SocketState, user: UserId): void {
    const { limits, owners } = this.#deps;
    if (socket.isEnded || (socket.userId !== null && socket.userId !== user)) deny('unauthenticated');
    if (socket.userId === null) {
      if (!this.#hasPlace(socket, user)) deny('rate-limited');
      owners.bind(socket, user);
      socket.resume('token');
    }
    let documents = 0;
    for (const own of owners.of(user)) documents += own.places.count;
    // The count includes this one. Documents asked for on one socket are counted when the frame arrives.
    if (!limits.allows('documents', documents - 1, limits.settings.documentsPerUser)) deny('rate-limited');
  }

  #hasPlace(socket: SocketState, user: UserId): boolean {
    const { limits, owners } = this.#deps;
    const { settings } = limits;
    return (
      limits.allows('sockets', owners.count(user), settings.socketsPerUser) &&
      limits.allows('address-sockets', owners.countOf(socket.address), settings.socketsPerAddress) &&
      limits.allows('all-sockets', owners.size, settings.sockets)
    );
  }

  /** Whether a user may have one more connection to a tablo than there are, `own` of them excepted. */
  #hasSession(tablo: TabloId, user: UserId, own = 0): boolean {
    const { limits, connections } = this.#deps;
    return limits.allows('sessions', connections.countSessions(tablo, user) - own, limits.settings.sessionsPerTablo);
  }

  async #verify(socket: SocketState, token: string): Promise<Claims> {
    const verified = await this.#deps.tokens.check(socket, token);
    return verified.ok ? verified.value : deny(verified.error);
  }

  async #findMember(tablo: TabloId, user: UserId): Promise<Member | null> {
    try {
      return await this.#deps.membership.find(tablo, user);
    } catch {
      // Any error of the database (it is logged where it happens) makes the client retry.
      return deny('unavailable');
    }
  }
}
