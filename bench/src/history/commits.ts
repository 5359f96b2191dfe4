/** What members write: from sending to the acknowledgement, which means that it is committed. */
import { createDeletion, createEdit, createReaction, type MemberEntry } from '@tablo/schema/entry';
import type { EntryId } from '@tablo/schema/ids';
import type { Member } from './member.ts';
import type { Past } from './past.ts';
import type { Thing } from './rounds.ts';

type Seats = ReadonlyMap<Past, Member>;

export function commits(seats: Seats): readonly Thing[] {
  return [
    of(seats, 'message', () => undefined),
    of(seats, 'edit', (past, round) => createEdit(by(past), past.hot, `What it says now, ${round}.`)),
    of(seats, 'reaction', (past, round) => createReaction(by(past), past.hot, '👍', round % 2 === 0)),
  ];
}

/** Each round deletes another message: as many rounds as there are targets. */
export function deletions(seats: Seats): Thing {
  return of(seats, 'deletion', (past, round) => createDeletion(by(past), past.targets[round] as EntryId));
}

const by = ({ reader }: Past) => ({ author: reader, sentAt: Date.now() });

const of = (seats: Seats, name: string, create: (past: Past, round: number) => MemberEntry | undefined): Thing => ({
  name,
  measure: async (past, round) => {
    const seat = seats.get(past);
    if (seat === undefined) throw new Error('Nobody is there.');
    return { ms: await seat.commit(create(past, round)) };
  },
});
