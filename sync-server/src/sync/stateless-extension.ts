/** What clients may ask apart from the document: which of their entries are durable, after a connection was lost before the answer came. */
import type { Extension, onStatelessPayload } from '@hocuspocus/server';
import { createRefusal } from '@tablo/schema/close-codes';
import { isEntryId } from '@tablo/schema/ids';
import { parseClientStateless } from '@tablo/schema/stateless';
import type { Limits } from '../access/limits.ts';
import type { LedgerStore } from '../ledger/ledger-store.ts';
import type { Log } from '../log.ts';
import { tell } from './connections.ts';
import type { LiveConnection } from './live-connection.ts';

/** A question costs one, and one more for each so many characters: about 25 ids. */
const QUESTION_UNITS = 1_000;

export class StatelessExtension implements Extension {
  readonly #store: LedgerStore;
  readonly #limits: Limits;
  readonly #log: Log;

  constructor(store: LedgerStore, limits: Limits, log: Log) {
    this.#store = store;
    this.#limits = limits;
    this.#log = log;
  }

  async onStateless({ payload, connection, document }: onStatelessPayload): Promise<void> {
    const { tabloId, userId } = (connection as LiveConnection).context;
    if (!this.#limits.take('questions', userId, 1 + payload.length / QUESTION_UNITS)) {
      return tell([connection as LiveConnection], { type: 'refused', ...createRefusal('rate-limited'), ids: [] });
    }
    const message = parseClientStateless(payload);
    if (message === null) return;
    try {
      const others = await this.#store.findDurable(tabloId, userId, message.ids.filter(isEntryId));
      // The question may have waited for the database longer than the right to ask it lasted.
      if (!document.hasConnection(connection)) return;
      tell([connection as LiveConnection], { type: 'committed', seq: 0, messages: [], others: [...others] });
    } catch (error) {
      // Hocuspocus does not await this hook: a rejection would end the process. The client asks again after its next join.
      this.#log.warn({ err: error }, 'A question about durable entries could not be answered.');
    }
  }
}
