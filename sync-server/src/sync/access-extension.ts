/**
 * Who may be in a document. Membership is read at every join, and again whenever the database says that it changed: for the live connections by
 * `revocation.ts`, for a join under way by comparing times.
 */
import type { connectedPayload, Extension, onAuthenticatePayload, onTokenSyncPayload } from '@hocuspocus/server';
import type { ReasonCode } from '@tablo/schema/close-codes';
import { parseDocumentName } from '@tablo/schema/document-name';
import type { TabloId, UserId } from '@tablo/schema/ids';
import { canWrite } from '@tablo/schema/roles';
import { type Claims, displayName } from '../access/claims.ts';
import type { Limits } from '../access/limits.ts';
import type { Member, Membership } from '../access/membership.ts';
import type { TokenVerifier } from '../access/token-verifier.ts';
import type { Connections } from './connections.ts';
import { cut } from './connections.ts';
import type { LiveDocuments } from './documents-extension.ts';
import type { ConnectionContext, LiveConnection } from './live-connection.ts';
import type { Revocation } from './revocation.ts';
import { type Backlog, nameOnSocket, type SocketOwners, type SocketState } from './socket-state.ts';

/** Hocuspocus forwards `reason` to the client, and logs only what has a `message`. */
function deny(reason: ReasonCode): never {
  throw { reason };
}

interface Deps {
  readonly tokens: TokenVerifier;
  readonly membership: Membership;
  readonly connections: Connections;
  readonly documents: LiveDocuments;
  readonly revocation: Revocation;
  readonly limits: Limits;
  readonly owners: SocketOwners;
  readonly backlog: Backlog;
  readonly isShuttingDown: () => boolean;
  /** Claims of a user who is here: names for others to see. */
  readonly onClaims: (claims: Claims) => void;
}

export class AccessExtension implements Extension {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async onAuthenticate(payload: onAuthenticatePayload): Promise<ConnectionContext> {
    try {
      return await this.#admit(payload);
    } catch (error) {
      const { socket } = payload.context as { socket: SocketState };
      // What came with the token is dropped. Strangers are not given back what they have used up.
      if (socket.userId !== null) this.#deps.backlog.release(socket, nameOnSocket(socket, payload.documentName));
      throw error;
    }
  }

  async #admit({ token, documentName, connectionConfig, context }: onAuthenticatePayload): Promise<ConnectionContext> {
    if (this.#deps.isShuttingDown()) deny('shutting-down');
    const admittedAt = Date.now();
    const claims = await this.#verify(token);
    const { socket } = context as { socket: SocketState };
    this.#bind(socket, claims.userId);
    if (!this.#deps.limits.take('joins', claims.userId, 1)) deny('rate-limited');
    const name = parseDocumentName(documentName);
    if (name === null) deny('forbidden');
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
      expiresAt,
      admittedAt,
      isOverruled: false,
      isAnswer: false,
    };
  }

  async connected({ connection }: connectedPayload): Promise<void> {
    const live = connection as LiveConnection;
    this.#deps.connections.add(live);
    const { socket } = live.context;
    live.onClose(() => this.#deps.backlog.release(socket, nameOnSocket(socket, live.document.name)));
    // Between the checks above and here the world may have changed, and nobody could tell a connection that was not listed yet.
    const document = this.#deps.documents.of(live.document);
    if (document?.hasMoved) return cut(live, 'epoch-moved');
    await this.#deps.revocation.recheckIfChangedSince(live, live.context.admittedAt);
  }

  /** Renewal in place. A bad token changes nothing: the old one ends when it ends. */
  async onTokenSync({ token, connection }: onTokenSyncPayload): Promise<void> {
    const { context } = connection as LiveConnection;
    const verified = await this.#deps.tokens.verify(token);
    if (!verified.ok) return;
    if (verified.value.userId !== context.userId) deny('unauthenticated');
    context.expiresAt = Math.max(context.expiresAt, verified.value.expiresAt);
    context.name = displayName(verified.value);
  }

  /** Binds the socket to its first user, before anything is awaited: many sockets at once are counted one by one. */
  #bind(socket: SocketState, user: UserId): void {
    const { connections, limits, owners } = this.#deps;
    if (socket.isEnded || (socket.userId !== null && socket.userId !== user)) deny('unauthenticated');
    if (socket.userId === null) {
      if (!limits.allows('sockets', owners.count(user), limits.settings.socketsPerUser)) deny('rate-limited');
      owners.bind(socket, user);
    }
    if (!limits.allows('documents', connections.countDocuments(socket), limits.settings.documentsPerSocket)) {
      deny('rate-limited');
    }
  }

  async #verify(token: string): Promise<Claims> {
    const verified = await this.#deps.tokens.verify(token);
    return verified.ok ? verified.value : deny(verified.error);
  }

  async #findMember(tablo: TabloId, user: UserId): Promise<Member | null> {
    try {
      return await this.#deps.membership.find(tablo, user);
    } catch {
      // Whatever the database's trouble is (it is logged where it happens): the client tries again.
      return deny('unavailable');
    }
  }
}
