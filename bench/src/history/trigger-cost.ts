/** What the triggers on tables that a commit writes cost it: blocks of commits with them and without, in turn. */
import { createEdit } from '@tablo/schema/entry';
import type { HistoryDatabase } from './history-database.ts';
import type { Member } from './member.ts';
import type { Past } from './past.ts';
import { withoutTriggers } from './triggers.ts';

export interface TriggerCost {
  readonly name: string;
  readonly on: Times;
  readonly off: Times;
}

interface Times {
  /** ms of single commits. */
  readonly commits: number[];
  /** ms that PostgreSQL executed statements for, a commit; of each block. */
  readonly database: number[];
}

const TABLES = ['public.tablos', 'public.messages', 'public.message_edits'];
const COMMITS_A_BLOCK = 20;
/** Statements are planned anew after the change. */
const WARM_UP = 12;

export async function measureTriggers(
  { client, readWork }: HistoryDatabase,
  past: Past,
  seat: Member,
  blocks: number,
): Promise<readonly TriggerCost[]> {
  const kinds = {
    message: () => undefined,
    edit: (nth: number) =>
      createEdit(
        { author: past.reader, sentAt: Date.now() },
        past.targets[nth % past.targets.length] ?? past.hot,
        `What it says now, ${nth}.`,
      ),
  };
  const costs: TriggerCost[] = [];
  for (const [name, create] of Object.entries(kinds)) {
    const times = { on: none(), off: none() };
    let nth = 0;
    const commit = (): Promise<number> => {
      nth += 1;
      return seat.commit(create(nth));
    };
    const block = async (into: Times): Promise<void> => {
      for (let one = 0; one < WARM_UP; one += 1) await commit();
      const before = await readWork();
      for (let one = 0; one < COMMITS_A_BLOCK; one += 1) into.commits.push(await commit());
      const after = await readWork();
      into.database.push((after.ms - before.ms) / COMMITS_A_BLOCK);
    };
    for (let round = 0; round < blocks; round += 1) {
      await block(times.on);
      await withoutTriggers(client, TABLES, () => block(times.off));
    }
    costs.push({ name, ...times });
  }
  return costs;
}

const none = (): Times => ({ commits: [], database: [] });
