/** Finds the parts of an update that the document has already, and whether both agree about them. */
import type { FrontierView } from './frontier.ts';
import { type Run, type Update, VOID } from './run.ts';

/** What the server lacks of each run: a SyncStep2 repeats whatever the sender cannot know to be here. */
export function trimKnown(runs: readonly Run[], frontier: FrontierView): readonly Run[] {
  return runs.flatMap((run) => {
    const known = frontier.nextClock(run.client) - run.clock;
    if (known <= 0) return [run];
    if (known >= run.entries.length) return [];
    const clock = run.clock + known;
    const origin = { client: run.client, clock: clock - 1 };
    return [{ ...run, clock, origin, entries: run.entries.slice(known) }];
  });
}

/** Compares an update with the document at the clocks that both have. */
export interface Comparison {
  /**
   * One clientID on two devices (a cloned profile, a restored disk) fills the same clocks with different entries. Yjs would take the second for the first and drop
   * it silently (TRAPS 4.1); acknowledged, it would be lost.
   */
  readonly contradicts: boolean;
  /** Entries for which the document has a void clock. Their author cannot have received the refusal. */
  readonly refusedBefore: readonly unknown[];
  /** [R2] It deletes an entry that the document has. Only the server deletes, and each client that has received the deletion repeats it with every sync. */
  readonly deletesHeld: boolean;
  /** [R2] It deletes clocks that are neither in the document nor in the update. */
  readonly deletesMore: boolean;
}

export function compareHeld(update: Update, frontier: FrontierView): Comparison {
  const refusedBefore: unknown[] = [];
  let contradicts = false;
  let deletesHeld = false;
  for (const { client, clock, entries } of update.runs) {
    const known = Math.min(entries.length, frontier.nextClock(client) - clock);
    for (let nth = 0; nth < known; nth += 1) {
      const value = entries[nth];
      const held = frontier.elementAt(client, clock + nth);
      if (held === VOID && value !== VOID) refusedBefore.push(value);
      else if (held !== VOID && value === VOID) deletesHeld = true;
      else if (held !== VOID && JSON.stringify(held) !== JSON.stringify(value)) contradicts = true;
    }
  }
  return {
    contradicts,
    refusedBefore,
    deletesHeld: deletesHeld || deletesAny(update, frontier),
    deletesMore: deletesMore(update, frontier),
  };
}

/** Whether the document has all of it, entry by entry: then it is durable, and nothing needs deciding. */
export function isKnown(update: Update, frontier: FrontierView): boolean {
  if (trimKnown(update.runs, frontier).length > 0) return false;
  const { contradicts, refusedBefore, ...deletes } = compareHeld(update, frontier);
  return !contradicts && refusedBefore.length === 0 && !deletes.deletesHeld && !deletes.deletesMore;
}

function deletesAny({ deletions }: Update, frontier: FrontierView): boolean {
  return deletions.some(({ client, clock, length }) => {
    const end = Math.min(clock + length, frontier.nextClock(client));
    let at = clock;
    while (at < end) {
      const next = frontier.voidUntil(client, at);
      if (next === at) return true;
      at = next;
    }
    return false;
  });
}

/** Clocks that the update itself brings as deleted are `VOID` in its runs. */
function deletesMore({ runs, deletions }: Update, frontier: FrontierView): boolean {
  const ends = new Map<number, number>();
  for (const { client, clock, entries } of runs)
    ends.set(client, Math.max(ends.get(client) ?? 0, clock + entries.length));
  return deletions.some(
    ({ client, clock, length }) => clock + length > Math.max(frontier.nextClock(client), ends.get(client) ?? 0),
  );
}
