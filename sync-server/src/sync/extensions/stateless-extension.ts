/** What clients may ask apart from the document: which of their entries are durable, after a connection was lost before the answer came. */
import type { Extension, onStatelessPayload } from '@hocuspocus/server';
import { createRefusal } from '@tablo/schema/close-codes';
import { isEntryId } from '@tablo/schema/ids';
import { parseClientStateless, type ServerStateless } from '@tablo/schema/wire/stateless';
import { KeyedGate } from '../../access/limits/keyed-gate.ts';
import type { Limits } from '../../access/limits/limits.ts';
import type { Log } from '../../base/log.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { DurableEntry, LedgerStore } from '../../ledger/store/ledger-store.ts';
import { tell } from '../sessions/connections.ts';
import type { LiveConnection } from '../socket/live-connection.ts';

/** A request costs one, and one more for each so many characters: about 25 ids. */
const QUESTION_UNITS = 1_000;
/** Requests of one user at the same time: each reads the database. */
const QUESTIONS_AT_ONCE = 4;

export class StatelessExtension implements Extension {
  readonly #ledger: Ledger;
  readonly #store: LedgerStore;
  readonly #limits: Limits;
  readonly #log: Log;
  readonly #gate = new KeyedGate(QUESTIONS_AT_ONCE);

  constructor(ledger: Ledger, store: LedgerStore, limits: Limits, log: Log) {
    this.#ledger = ledger;
    this.#store = store;
    this.#limits = limits;
    this.#log = log;
  }

  async onStateless({ payload, connection, document }: onStatelessPayload): Promise<void> {
    if (payload === '') return; // What is left of a frame that was handled before: see `muteFrame`.
    const { tabloId, userId } = (connection as LiveConnection).context;
    if (!this.#limits.take('questions', userId, 1 + payload.length / QUESTION_UNITS)) {
      return tell([connection as LiveConnection], { type: 'refused', ...createRefusal('rate-limited'), ids: [] });
    }
    const message = parseClientStateless(payload);
    if (message === null) return;
    // The socket has gone, or there are too many requests at once: an answer would help nobody, or delay everybody.
    const leave = await this.#gate.enter(userId);
    try {
      if (!document.hasConnection(connection)) return;
      // What came over a connection that is lost now may still be waiting for its commit: only after that is "not durable" final.
      // While nothing can be stored no commit ends, and requests must not pile up: the client goes on without an answer.
      if (!(await this.#ledger.settled(tabloId, userId))) return;
      const durable = await this.#store.findDurable(tabloId, userId, message.ids.filter(isEntryId));
      // The membership may have ended while the request waited for the database.
      if (!document.hasConnection(connection)) return;
      tell([connection as LiveConnection], toAnswer(durable));
    } catch (error) {
      // Hocuspocus does not await this hook: a rejection would end the process. The client asks again after its next join.
      this.#log.warn({ err: error }, 'A question about durable entries could not be answered.');
    } finally {
      leave();
    }
  }
}

function toAnswer(durable: readonly DurableEntry[]): ServerStateless {
  const late = durable.flatMap(({ id, shownAt }) => (shownAt === null ? [] : [[id, shownAt] as const]));
  return {
    type: 'committed',
    seq: 0,
    messages: [],
    others: durable.map(({ id }) => id),
    ...(late.length === 0 ? {} : { shownAt: Object.fromEntries(late) }),
  };
}
