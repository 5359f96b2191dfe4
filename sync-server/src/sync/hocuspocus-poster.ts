/** Writes for REST: with the same admission and ledger as the sockets, while the server writes into the document for the author. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Hocuspocus } from '@hocuspocus/server';
import { createRefusal, type Refusal } from '@tablo/schema/close-codes';
import { encodeDocumentName } from '@tablo/schema/document-name';
import type { MemberEntry, Message } from '@tablo/schema/entry';
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { err, ok, type Result } from '@tablo/schema/result';
import type { Limits } from '../access/limits/limits.ts';
import type { Membership } from '../access/members/membership.ts';
import type { Outcome } from '../ledger/commit/submission.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { MessagePoster, PostedChange, PostedMessage } from '../rest/message-poster.ts';
import { EPOCH_MOVED, type LiveDocuments } from './extensions/documents-extension.ts';

/**
 * A tablo may move while a message is in flight: several times in a row when there are many long ones, since each epoch is limited. The
 * caller knows nothing of epochs. So many retries, with growing waits of some seconds in all, also cover unforeseen trouble.
 */
const MAX_EPOCH_TRIES = 30;
const EPOCH_WAIT_STEP_MS = 10;
/** How long a caller is kept waiting while the database fails: below what HTTP clients and proxies wait for. */
const PATIENCE_MS = 10_000;

/** The bytes of an entry beside its text, as in an update. */
const ENTRY_BYTES = 200;

interface Deps {
  readonly hocuspocus: Hocuspocus;
  readonly membership: Membership;
  readonly documents: LiveDocuments;
  readonly ledger: Ledger;
  readonly limits: Limits;
}

type Entered = Result<{ readonly isNew: boolean }, Refusal>;

export class HocuspocusPoster implements MessagePoster {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async post({ tabloId, userId, id, text, replyTo }: PostedMessage): ReturnType<MessagePoster['post']> {
    const sentAt = Date.now();
    const entry: Message = {
      kind: 'message',
      id: id ?? createEntryId(sentAt),
      author: userId,
      sentAt,
      text,
      ...(replyTo === null ? {} : { replyTo }),
    };
    const entered = await this.#enter(tabloId, entry);
    return entered.ok ? ok({ id: entry.id, isNew: entered.value.isNew }) : entered;
  }

  async change({ tabloId, entry }: PostedChange): ReturnType<MessagePoster['change']> {
    const entered = await this.#enter(tabloId, entry);
    return entered.ok ? ok(null) : entered;
  }

  async #enter(tabloId: TabloId, entry: MemberEntry): Promise<Entered> {
    const receivedAt = Date.now();
    const userId = entry.author;
    // The caller still has the message; many messages that wait here would fill the memory.
    if (this.#deps.ledger.awaySince !== null) return err(createRefusal('unavailable'));
    const { limits } = this.#deps;
    const bytes = ENTRY_BYTES + ('text' in entry ? Buffer.byteLength(entry.text) : 0);
    if (!limits.take('entries', userId, 1) || !limits.take('bytes', userId, bytes))
      return err(createRefusal('rate-limited'));
    for (let nth = 0; nth < MAX_EPOCH_TRIES; nth += 1) {
      const member = await this.#deps.membership.find(tabloId, userId);
      if (member === null) return err(createRefusal('forbidden'));
      const outcome = await this.#submit(tabloId, member.epoch, userId, entry, receivedAt);
      if (outcome.type !== 'refused') return ok({ isNew: outcome.type === 'committed' && outcome.fresh.length > 0 });
      if (outcome.refusal.code !== 'epoch-moved') return err(outcome.refusal);
      await delay(nth * EPOCH_WAIT_STEP_MS);
    }
    return err(createRefusal('unavailable'));
  }

  async #submit(
    tabloId: TabloId,
    epoch: number,
    userId: UserId,
    entry: MemberEntry,
    receivedAt: number,
  ): Promise<Outcome> {
    const { hocuspocus, documents, ledger, limits } = this.#deps;
    const unavailable: Outcome = { type: 'refused', refusal: createRefusal('unavailable'), ids: [], isGap: false };
    // Loading failed: it was logged where it happened. Or the tablo has moved on since its epoch was read.
    const name = encodeDocumentName({ tabloId, epoch });
    // A whole document is loaded for one entry, and charged like a join. Its size is known only afterwards, so the next request waits for the rate.
    const isLoader = !hocuspocus.documents.has(name) && !hocuspocus.loadingDocuments.has(name);
    if (isLoader && !limits.isSolvent('joinBytes', userId)) {
      limits.exceeded('joinBytes');
      return { ...unavailable, refusal: createRefusal('rate-limited') };
    }
    const direct = await hocuspocus
      .openDirectConnection(name)
      .catch((error: unknown): typeof EPOCH_MOVED | null => (error === EPOCH_MOVED ? EPOCH_MOVED : null));
    if (direct !== null && 'reason' in direct) return { ...unavailable, refusal: createRefusal('epoch-moved') };
    if (direct === null) return unavailable;
    try {
      // The document may have been unloaded after it was found and before it was held; the next one would lack what is committed for it now.
      const document =
        direct.document === null || direct.document.isDestroyed ? undefined : documents.of(direct.document);
      if (document === undefined) return unavailable;
      if (isLoader) limits.charge('joinBytes', userId, document.size.bytes);
      const isAwaited = () => Date.now() - receivedAt < PATIENCE_MS;
      return await ledger.submit({ type: 'entry', document, userId, receivedAt, entry, isAwaited });
    } finally {
      // Kept warm: a bot's next message finds the document loaded, and the snapshot is debounced. One that is gone has nothing to store, and one that was given up has to go.
      const isBroken = direct.document !== null && documents.of(direct.document)?.isBroken === true;
      if (direct.document?.isDestroyed !== true) await direct.disconnect({ unloadImmediately: isBroken });
    }
  }
}
