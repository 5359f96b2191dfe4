/** What the triggers on tables that a commit writes cost it: blocks of commits with them and without, in turn. */
import { createEdit } from '@tablo/schema/entry';
import type { HistoryDatabase } from './history-database.ts';
import type { Member } from './member.ts';
import type { Past } from './past.ts';
import { withoutTriggers } from './triggers.ts';

export interface TriggerCost {
  readonly name: string;
  /** ms of single commits. */
  readonly on: readonly number[];
  readonly off: readonly number[];
}

const TABLES = ['public.tablos', 'public.messages', 'public.message_edits'];
const COMMITS_A_BLOCK = 20;
/** Statements are planned anew after the change. */
const WARM_UP = 12;

export async function measureTriggers(
  { client }: HistoryDatabase,
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
    const times = { on: [] as number[], off: [] as number[] };
    let nth = 0;
    const block = async (into: number[]): Promise<void> => {
      for (let one = 0; one < WARM_UP + COMMITS_A_BLOCK; one += 1) {
        nth += 1;
        const ms = await seat.commit(create(nth));
        if (one >= WARM_UP) into.push(ms);
      }
    };
    for (let round = 0; round < blocks; round += 1) {
      await block(times.on);
      await withoutTriggers(client, TABLES, () => block(times.off));
    }
    costs.push({ name, ...times });
  }
  return costs;
}
