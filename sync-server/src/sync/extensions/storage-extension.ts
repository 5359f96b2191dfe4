/** [R11] Clients that join while nothing can be stored are informed at once; the others were informed when it began. */
import type { connectedPayload, Extension } from '@hocuspocus/server';
import type { Ledger } from '../../ledger/ledger.ts';
import { tell } from '../sessions/connections.ts';
import type { LiveConnection } from '../socket/live-connection.ts';

export class StorageExtension implements Extension {
  readonly #ledger: Ledger;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  async connected({ connection }: connectedPayload): Promise<void> {
    if (this.#ledger.awaySince !== null) tell([connection as LiveConnection], { type: 'storage', isAway: true });
  }
}
