/**
 * The gate. `beforeSync` is awaited before Hocuspocus applies and acknowledges: admission and ledger live here [R1]. The ledger has applied what it committed by the
 * time this returns, so Hocuspocus finds nothing new in the frame and only acknowledges it.
 *
 * A refused frame is dropped by making the connection read-only while Hocuspocus handles this one frame (TRAPS 1.2): it answers `SyncStatus(false)`, and the
 * connection lives on. Safe because a connection's frames are handled strictly one after another. Of a frame of which single entries were refused, the rest
 * is durable; the client receives the deleted clocks first, then the list of refused entries with their reasons.
 */
import type {
  afterHandleMessagePayload,
  beforeSyncPayload,
  connectedPayload,
  Document,
  Extension,
} from '@hocuspocus/server';
import { OutgoingMessage } from '@hocuspocus/server';
import { createRefusal, type Refusal } from '@tablo/schema/close-codes';
import { isEntryId, type UserId } from '@tablo/schema/ids';
import { MAX_UPDATE_ENTRIES } from '@tablo/schema/limits';
import { canWrite } from '@tablo/schema/roles';
import { encodeStateless } from '@tablo/schema/wire/stateless';
import type { Limits } from '../../access/limits/limits.ts';
import type { EntryRefusal } from '../../admission/admission.ts';
import { decodeUpdate } from '../../admission/decode-update.ts';
import { encodeDeletions } from '../../admission/encode-append.ts';
import { isKnown, trimKnown } from '../../admission/held.ts';
import { type ItemId, type Run, VOID } from '../../admission/run.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { LedgerStore } from '../../ledger/store/ledger-store.ts';
import type { LiveDocument } from '../../ledger/store/live-document.ts';
import { claimCarriedOver } from '../../presence/carried-claims.ts';
import type { ClientClaims } from '../../presence/client-claims.ts';
import type { LiveConnection } from '../socket/live-connection.ts';
import { AdmissionPipeline } from './admission-pipeline.ts';
import type { LiveDocuments } from './documents-extension.ts';

/** An empty update. */
const NOTHING = [0, 0];
/** Known entries cost nothing of the entry rate. Comparing them with the document costs bytes: a frame of seven bytes may name all void clocks of the document. */
const COMPARED_BYTES = 4_096;

export interface AdmissionObserver {
  onRefused(refusal: Refusal): void;
}

/** A whole update, or single entries of it. */
interface RefusedUpdate {
  /** At least one. */
  readonly refusals: readonly EntryRefusal[];
  /** Their clocks in the client's document, if no other entries have those clocks. */
  readonly dropped: readonly ItemId[];
  readonly isGap: boolean;
}

interface AdmissionDeps {
  readonly ledger: Ledger;
  readonly store: LedgerStore;
  readonly documents: LiveDocuments;
  readonly limits: Limits;
  readonly claims: ClientClaims;
  readonly observer: AdmissionObserver;
  /** Waits until the document has what other servers have committed so far. */
  readonly catchUp: (document: LiveDocument) => Promise<void>;
  /** A person who was added without being asked writes here: they are no newcomer any more. */
  readonly onCome: (connection: LiveConnection) => void;
}

export class AdmissionExtension implements Extension {
  readonly #ledger: Ledger;
  readonly #documents: LiveDocuments;
  readonly #limits: Limits;
  readonly #observer: AdmissionObserver;
  readonly #onCome: AdmissionDeps['onCome'];
  readonly #pipelines = new WeakMap<LiveConnection, AdmissionPipeline<RefusedUpdate | null>>();
  /** On `/yjs`: earlier frames wait for their rate first, or later frames would overtake them. */
  readonly #paying = new WeakMap<LiveConnection, Promise<unknown>>();
  readonly #store: LedgerStore;
  readonly #claims: ClientClaims;
  readonly #catchUp: AdmissionDeps['catchUp'];

  constructor({ ledger, store, documents, limits, claims, observer, catchUp, onCome }: AdmissionDeps) {
    this.#catchUp = catchUp;
    this.#claims = claims;
    this.#onCome = onCome;
    this.#store = store;
    this.#ledger = ledger;
    this.#documents = documents;
    this.#limits = limits;
    this.#observer = observer;
  }

  async connected({ connection }: connectedPayload): Promise<void> {
    const live = connection as LiveConnection;
    const decide = (payload: Uint8Array) => this.#decide(payload, live, live.document);
    this.#pipelines.set(live, new AdmissionPipeline(live, decide));
  }

  async beforeSync({ payload, connection, document }: beforeSyncPayload): Promise<void> {
    if (connection === undefined) return;
    const live = connection as LiveConnection;
    const refused = await (this.#pipelines.get(live)?.take(payload) ?? this.#decide(payload, live, document));
    if (refused !== null) return this.#refuse(live, document, refused);
    // The document has the update by now: Hocuspocus need not apply it again, and acknowledges a guest who brings nothing new.
    payload.set(NOTHING);
    if (connection.readOnly) this.#overrule(live, false);
  }

  #overrule(connection: LiveConnection, readOnly: boolean): void {
    connection.context.isOverruled = true;
    connection.readOnly = readOnly;
  }

  async afterHandleMessage({ connection }: afterHandleMessagePayload): Promise<void> {
    const { context } = connection as LiveConnection;
    if (!context.isOverruled) return;
    context.isOverruled = false;
    connection.readOnly = !canWrite(context.role);
  }

  async #decide(update: Uint8Array, connection: LiveConnection, document: Document): Promise<RefusedUpdate | null> {
    const receivedAt = Date.now();
    const live = this.#documents.of(document);
    if (live === undefined || document.isDestroyed) return whole(createRefusal('unavailable'));
    const { userId } = connection.context;
    const limited = whole(createRefusal('rate-limited'));
    // The rate is charged before anything is decoded: reading a refused update costs as much.
    if (!this.#limits.take('bytes', userId, update.byteLength)) return limited;
    const { isBridged } = connection.context.socket;
    const decoded = isBridged ? decodeUpdate(update, MAX_UPDATE_ENTRIES) : decodeUpdate(update);
    if (!decoded.ok) return whole(decoded.error);
    if (decoded.value.runs.length + decoded.value.deletions.length === 0) return null;
    // Known entries are acknowledged even if the user is above the entry rate: a joining client repeats with every sync what it holds as deleted.
    if (isKnown(decoded.value, live.frontier)) {
      this.#limits.charge('bytes', userId, COMPARED_BYTES);
      return null;
    }
    let lacking = trimKnown(decoded.value.runs, live.frontier);
    // An honest client may bring entries that others have committed at another server. They are known as well, and cost nothing.
    if (isAhead(lacking, live, userId)) {
      await this.#catchUp(live);
      if (document.isDestroyed) return whole(createRefusal('unavailable'));
      lacking = trimKnown(decoded.value.runs, live.frontier);
    }
    const entries = isBridged
      ? await this.#inTurn(connection, () => this.#countNew(lacking, live, userId))
      : count(lacking);
    // A refused entry that is sent again is no new entry, but it still costs a transaction.
    if (!this.#limits.take('entries', userId, lacking.length === 0 ? 1 : entries)) return limited;
    const outcome = await this.#ledger.submit({
      type: 'update',
      document: live,
      userId,
      receivedAt,
      update,
      decoded: decoded.value,
      // An unmodified y-websocket client knows nothing of epochs: it comes back with the document that it had.
      continuity: isBridged ? 'carried-over' : 'strict',
      isAwaited: () => document.hasConnection(connection),
    });
    if (outcome.type === 'refused') return { refusals: [outcome], dropped: [], isGap: outcome.isGap };
    if (isBridged)
      void claimCarriedOver(lacking, { tabloId: live.tabloId, epoch: live.epoch, userId }, live.frontier, {
        claims: this.#claims,
        limits: this.#limits,
      });
    if (connection.context.isNewcomer) this.#onCome(connection);
    if (outcome.type === 'known' || outcome.refusals.length === 0) return null;
    return { ...outcome, isGap: false };
  }

  /**
   * A client that comes back with its old document brings entries that are durable already. They are not new, and moves that others have caused must not use up what its user may
   * write. It has paid for its bytes.
   */
  async #countNew(runs: readonly Run[], live: LiveDocument, userId: UserId): Promise<number> {
    if (runs.every(({ client }) => live.frontier.nextClock(client) > 0)) return count(runs);
    // After several moves its document holds each entry several times.
    const own = new Set(
      runs.flatMap(({ entries }) =>
        entries.flatMap((value) => {
          const { id, author } = value as { readonly id?: unknown; readonly author?: unknown };
          return author === userId && isEntryId(id) ? [id] : [];
        }),
      ),
    );
    // Entries of others are durable, or the whole update is refused. While it is unknown which entries are durable, all of them count.
    const durable = own.size === 0 ? [] : await this.#store.findDurable(live.tabloId, userId, [...own]).catch(() => []);
    return own.size - durable.length;
  }

  async #inTurn<T>(connection: LiveConnection, act: () => Promise<T>): Promise<T> {
    const before = this.#paying.get(connection) ?? Promise.resolve();
    const paid = before.then(act);
    this.#paying.set(
      connection,
      paid.catch(() => {}),
    );
    return await paid;
  }

  #refuse(connection: LiveConnection, document: Document, { refusals, dropped, isGap }: RefusedUpdate): void {
    this.#overrule(connection, true);
    // The deleted clocks are sent first: with them the client knows that nothing is missing in its document.
    document.flush();
    if (dropped.length > 0) {
      const deletion = new OutgoingMessage(connection.messageAddress).createSyncMessage();
      connection.send(deletion.writeUpdate(encodeDeletions(dropped)).toUint8Array());
    }
    for (const { refusal, ids } of refusals) {
      this.#observer.onRefused(refusal);
      connection.sendStateless(encodeStateless({ type: 'refused', ...refusal, ids: [...ids] }));
    }
    // An honest client has a gap when an earlier frame was lost with a socket. The server asks for what it lacks, and the client sends all of it.
    if (isGap && !connection.context.isAnswer) {
      connection.send(
        new OutgoingMessage(connection.messageAddress)
          .createSyncMessage()
          .writeFirstSyncStepFor(document)
          .toUint8Array(),
      );
    }
  }
}

/** It names clocks that this server does not have, and its user has not just written. */
function isAhead(lacking: readonly Run[], { frontier }: LiveDocument, userId: UserId): boolean {
  return lacking.some(
    ({ client, clock, entries }) =>
      clock > frontier.nextClock(client) ||
      entries.some((value) => value !== VOID && (value as { readonly author?: unknown } | null)?.author !== userId),
  );
}

const whole = (refusal: Refusal): RefusedUpdate => ({ refusals: [{ refusal, ids: [] }], dropped: [], isGap: false });
const count = (runs: readonly Run[]): number => runs.reduce((sum, run) => sum + run.entries.length, 0);
