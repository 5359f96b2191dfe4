/** Every thing with every size in turn, many times: what drifts in the machine meets all sizes. */
import type { HistoryDatabase } from './history-database.ts';
import type { Past } from './past.ts';

export interface Thing {
  readonly name: string;
  /** What has to be there for it and does not count. */
  prepare?(past: Past): Promise<void>;
  /** Does it once and answers with how long it took, and how many bytes came back where they are of interest. */
  measure(past: Past, round: number): Promise<{ readonly ms: number; readonly bytes?: number }>;
}

export interface Samples {
  readonly ms: number[];
  readonly bytes: number[];
  readonly blocks: number[];
  readonly wal: number[];
}

export interface Measured {
  readonly name: string;
  /** In the order of `pasts`. */
  readonly samples: readonly Samples[];
}

/** Plans, catalogs and code are warm then. PostgreSQL decides about a generic plan after five executions of a statement on a connection, and there are ten of those. */
const WARM_UP_ROUNDS = 25;

export async function measureInTurn(
  { readWork }: HistoryDatabase,
  pasts: readonly Past[],
  thing: Thing,
  rounds: number,
  warmUp: number = WARM_UP_ROUNDS,
): Promise<Measured> {
  const samples = pasts.map((): Samples => ({ ms: [], bytes: [], blocks: [], wal: [] }));
  for (let round = 0; round < warmUp + rounds; round += 1) {
    for (let turn = 0; turn < pasts.length; turn += 1) {
      // Another one goes first each time: what comes after a pause pays for it.
      const index = (round + turn) % pasts.length;
      const [past, own] = [pasts[index], samples[index]];
      if (past === undefined || own === undefined) continue;
      await thing.prepare?.(past);
      const before = await readWork();
      const { ms, bytes } = await thing.measure(past, round);
      const after = await readWork();
      if (round < warmUp) continue;
      own.ms.push(ms);
      own.blocks.push(after.blocks - before.blocks);
      own.wal.push(after.wal - before.wal);
      if (bytes !== undefined) own.bytes.push(bytes);
    }
  }
  return { name: thing.name, samples };
}
