/** What comes of a file: counted while it is read, said when all is known. Ids and numbers, never what people wrote. */

import { shorten } from './file/read-value.ts';
import type { RecordKind } from './file/stream-records.ts';
import { LEFT_OUT, type LeftOut } from './mapping/left-out.ts';
import type { Channel } from './mapping/map-others.ts';
import type { Person } from './mapping/people.ts';
import type { Stranger } from './store/pg-host-keys.ts';
import type { Settled } from './store/pg-staging.ts';

export interface MappedChannel extends Channel {
  readonly tablo: string | null;
  /** `id`: it is a UUID; `table`: of the operator's; `earlier`: an earlier import has made it; `made`: there is no tablo yet, and one is made. */
  readonly by: 'id' | 'table' | 'earlier' | 'made' | null;
  /** As a clause; null: it is imported. */
  readonly why: string | null;
  readonly hasOwnMessages: boolean;
}

interface RefusedPerson {
  readonly id: string;
  readonly streamIds: readonly string[];
  readonly name: string | null;
  readonly messages: number;
  readonly missingIn: readonly string[];
}

export interface Stored {
  messages: number;
  reactions: number;
  deletions: number;
  edits: number;
  positions: number;
  members: number;
  tablos: number;
}

/** Of each kind, so many are named on the screen; the report's file has all. */
const SHOWN = 25;

export class Report {
  readonly file: string;
  readonly read: Record<RecordKind, number> = { user: 0, channel: 0, member: 0, message: 0, reaction: 0, read: 0 };
  /** Beside them: of messages that come along. */
  readonly messages = { mended: 0, pinned: 0 };
  readonly attachments = new Map<string, number>();
  readonly droppedAttachments = new Map<string, number>();
  reactions: ReadonlyMap<string, number> = new Map();
  readonly unknownReactions = new Map<string, number>();
  readonly notUnderstood = new Map<string, number>();
  readonly #leftOut = new Map<string, { what: RecordKind; why: LeftOut; count: number; ids: string[] }>();
  unlistedReactions = 0;
  hiddenFromMembers = 0;
  channels: readonly MappedChannel[] = [];
  people: readonly Person[] = [];
  settled: Settled | null = null;
  /** Whom a foreign key of the host's does not let be stored. */
  refused: readonly Stranger[] = [];
  /** Tablo → members of the file who do not belong to it, and are not added. */
  strangers: ReadonlyMap<string, number> = new Map();
  /** Members of the file who are added, or would be. */
  newMembers = 0;
  stored: Stored | null = null;

  constructor(file: string) {
    this.file = file;
  }

  leaveOut(what: RecordKind, why: LeftOut, id: string | null): void {
    const key = `${what} ${why}`;
    const known = this.#leftOut.get(key) ?? { what, why, count: 0, ids: [] };
    known.count += 1;
    if (id !== null) known.ids.push(id);
    this.#leftOut.set(key, known);
  }

  /** `looks`: put together of words that are short. */
  noteUnknown(looks: string): void {
    this.notUnderstood.set(looks, (this.notUnderstood.get(looks) ?? 0) + 1);
  }

  /** Something of the file does not come along. */
  get isPartial(): boolean {
    return this.#leftOut.size > 0 || this.notUnderstood.size > 0 || this.unknownChannels.length > 0;
  }

  /** The file has something, and none of it comes along, nor has it before. */
  get isNothing(): boolean {
    const { settled, channels, newMembers } = this;
    const messages = (settled?.fresh ?? 0) + (settled?.there ?? 0);
    return this.isPartial && messages + newMembers === 0 && !channels.some(({ by }) => by === 'made');
  }

  get unknownPeople(): readonly Person[] {
    return this.people.filter(({ known, isNeeded }) => known === 'unknown' && isNeeded);
  }

  /** One line for each user, with what the file says of them. */
  get refusedPeople(): readonly RefusedPerson[] {
    const byId = Map.groupBy(this.people, ({ id }): string => id);
    return [...new Set(this.refused.map(({ id }) => id))].map((id) => {
      const people = byId.get(id) ?? [];
      return {
        id,
        streamIds: people.map(({ streamId }) => streamId),
        name: people.find(({ name }) => name !== null)?.name ?? null,
        messages: people.reduce((sum, one) => sum + one.messages, 0),
        missingIn: [...new Set(this.refused.filter((one) => one.id === id).map(({ table }) => table))],
      };
    });
  }

  get unknownChannels(): readonly MappedChannel[] {
    return this.channels.filter(({ tablo }) => tablo === null);
  }

  toJson(): unknown {
    const { settled, stored, read, messages } = this;
    return {
      ...{ file: this.file, read, stored, messages: { ...messages, ...settled } },
      channels: this.channels.map(({ cid, tablo, by, why }) => ({ cid, tablo, by, why })),
      users: {
        byUuid: this.#countPeople('uuid'),
        byTable: this.#countPeople('table'),
        unknown: this.unknownPeople.map(({ streamId, name, messages: written, id }) => ({
          streamId,
          name,
          messages: written,
          placeholder: id,
        })),
        missingInYourTables: this.refusedPeople,
      },
      attachments: { asLinks: toObject(this.attachments), without: toObject(this.droppedAttachments) },
      reactions: {
        emoji: toObject(this.reactions),
        unknownTypes: toObject(this.unknownReactions),
        notInTheFile: this.unlistedReactions,
      },
      newMembers: this.newMembers,
      membersNotAdded: toObject(this.strangers),
      leftOut: [...this.#leftOut.values()].map(({ what, why, count, ids }) => ({
        what,
        why,
        because: LEFT_OUT[why],
        count,
        ids,
      })),
      notUnderstood: toObject(this.notUnderstood),
    };
  }

  toText(): string {
    const lines: string[] = [];
    const say = (line: string): void => void lines.push(line);
    const list = <T>(all: readonly T[], describe: (one: T) => string): void => {
      for (const one of all.slice(0, SHOWN)) say(`    ${describe(one)}`);
      if (all.length > SHOWN) say(`    … and ${all.length - SHOWN} more (--report names all)`);
    };
    const { read, settled, messages } = this;
    say(
      `In ${this.file}: ${many(read.channel, 'channel')}, ${many(read.member, 'member')}, ${many(read.message, 'message')}, ${many(read.reaction, 'reaction')}, ${many(read.read, 'read position')}.`,
    );
    say('');
    const mapped = this.channels.filter(({ tablo }) => tablo !== null);
    say(
      `Channels: ${format(mapped.length)} have a tablo (${countBy(mapped, 'id')} by their id, ${countBy(mapped, 'table')} by --channels, ${countBy(mapped, 'earlier')} made by an earlier import, ${countBy(mapped, 'made')} to be made).`,
    );
    const without = this.unknownChannels;
    if (without.length > 0)
      say(`  ${many(without.length, 'channel')} ${without.length === 1 ? 'is' : 'are'} not imported:`);
    list(without, ({ cid, why }) => `${cid}: ${why}`);
    const below = mapped.filter(({ hasOwnMessages }) => hasOwnMessages);
    if (below.length > 0)
      say(
        `  ${many(below.length, 'tablo')} of these have messages already: the history goes in by its times, mostly before them.`,
      );
    say(
      `Users: ${this.#countPeople('uuid')} by their id, ${this.#countPeople('table')} by --users, ${format(this.unknownPeople.length)} unknown.`,
    );
    list(
      this.unknownPeople,
      ({ streamId, name, messages: written }) =>
        `${streamId}${name === null ? '' : ` (${name})`}: ${many(written, 'message')}`,
    );
    const refused = this.refusedPeople;
    if (refused.length > 0) say(`  ${many(refused.length, 'user')} whom a table of yours does not have:`);
    list(
      refused,
      ({ id, streamIds, name, messages: written, missingIn }) =>
        `${id}${streamIds.every((one) => one === id) ? '' : ` (${streamIds.join(', ')})`}${name === null ? '' : ` (${name})`}: not in ${missingIn.join(', ')}; ${many(written, 'message')}`,
    );
    if (settled !== null) {
      say(
        `Messages: ${format(settled.fresh)} new, ${format(settled.there)} there already; ${format(settled.replies)} replies, ${format(settled.deleted)} deleted, ${format(settled.edited)} edited (of an edit only its time is known).`,
      );
      for (const [count, what] of [
        [settled.inParts, 'were longer than 8,000 characters and become several, one after another'],
        [messages.mended, 'had characters that nobody can store (NUL, halves of a pair); these are replaced'],
        [settled.lostReplies, 'answer a message that is not imported, and become messages of their own'],
        [
          settled.movedTimes,
          'are shown a millisecond or more later, so that what was written within one millisecond keeps its order',
        ],
        [settled.futureTimes, 'have a time in the future, and get the time of the import, in their order'],
        [settled.newIds, 'get another id: theirs is taken'],
        [
          settled.elsewhere,
          'were imported into another tablo before (their channel was mapped to it then), and stay there',
        ],
        [messages.pinned, 'were pinned, which is not imported'],
        [this.hiddenFromMembers, 'memberships hide earlier messages in Stream; here members read all of it'],
      ] as const)
        if (count > 0) say(`  ${format(count)} ${what}.`);
    }
    if (this.attachments.size > 0) say(`Attachments that become links: ${describeCounts(this.attachments)}.`);
    if (this.droppedAttachments.size > 0)
      say(`Attachments without an address, of which nothing stays: ${describeCounts(this.droppedAttachments)}.`);
    if (this.reactions.size > 0) say(`Reactions: ${describeCounts(this.reactions)}.`);
    if (this.unknownReactions.size > 0)
      say(`Types of reactions without an emoji: ${describeCounts(this.unknownReactions)}.`);
    if (this.unlistedReactions > 0)
      say(
        `  ${format(this.unlistedReactions)} reactions are counted by Stream, and not in the file: it lists the latest ten of a message.`,
      );
    if (this.newMembers > 0)
      say(`Members: ${format(this.newMembers)} of the file are added to their tablos (--members=keep adds nobody).`);
    const unwanted = [...this.strangers.values()].reduce((sum, one) => sum + one, 0);
    if (unwanted > 0)
      say(
        `Members: ${format(unwanted)} of the file do not belong to the tablo that their channel is, and are not added (--members=add adds them).`,
      );
    const left = [...this.#leftOut.values()];
    if (left.length > 0) say('Left out:');
    list(
      left,
      ({ what, why, count, ids }) =>
        `${many(count, NAMES[what])}: ${LEFT_OUT[why]}${ids.length > 0 ? ` (${ids.slice(0, 3).join(', ')}${ids.length > 3 ? ', …' : ''})` : ''}`,
    );
    if (this.notUnderstood.size > 0) say('Not understood:');
    list([...this.notUnderstood], ([looks, count]) => `${format(count)} × ${looks}`);
    return `${lines.join('\n')}\n`;
  }

  #countPeople(known: Person['known']): number {
    return this.people.filter((one) => one.known === known && one.isNeeded).length;
  }
}

const NAMES: Readonly<Record<RecordKind, string>> = {
  user: 'user',
  channel: 'channel',
  member: 'member',
  message: 'message',
  reaction: 'reaction',
  read: 'read position',
};
const countBy = (channels: readonly MappedChannel[], by: MappedChannel['by']): number =>
  channels.filter((one) => one.by === by).length;
const format = (count: number): string => count.toLocaleString('en');
export const many = (count: number, what: string): string => `${format(count)} ${what}${count === 1 ? '' : 's'}`;
const toObject = <T>(map: ReadonlyMap<string, T>): Record<string, T> => Object.fromEntries(map);
const describeCounts = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .sort(([, left], [, right]) => right - left)
    .map(([name, count]) => `${format(count)} × ${name}`)
    .join(', ');
export function countIn(counts: Map<string, number>, name: string): void {
  const shown = shorten(name);
  counts.set(shown, (counts.get(shown) ?? 0) + 1);
}
