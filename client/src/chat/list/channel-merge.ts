import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { RestChannel } from '@tablo/schema/rest/channel';
import { compareKeys } from '@tablo/schema/shown-at';
import { tabloNameOf } from '../base/names.ts';
import type { ChannelSummary, RoomPerson, UnsentCounts } from '../chat.ts';
import type { ChannelRecord, LastMessage } from '../store/local-store.ts';
import { confirmReadPosition, countUnread, isFromBefore } from '../unread/unread.ts';

/**
 * Was the server restored from a backup since it sent us the numbers in `asked`? `asked` is the state when the request was sent, since the answer may be older than messages that came
 * meanwhile. Numbers above the backup's end then mean other messages now.
 */
export function hasGoneBack(known: ChannelRecord, asked: ChannelRecord | null, rest: RestChannel): boolean {
  if (known.confirmedRead === 'doubtful') return true;
  if (asked === null) return false;
  return rest.last_seq < asked.lastSeq || rest.epoch < asked.epoch || isFromBefore(asked, rest.read_seq);
}

/** Takes everything from the server, except what this device may know better: what it has read, and what arrived meanwhile. */
export function mergeChannel(
  known: ChannelRecord | null,
  rest: RestChannel,
  asked: ChannelRecord | null = known,
): ChannelRecord {
  const listed = rest.last_message;
  const named = {
    id: rest.id as TabloId,
    name: tabloNameOf(rest.name),
    role: rest.role,
    epoch: rest.epoch,
    createdAt: Date.parse(rest.created_at),
    lastMessage:
      listed === null
        ? null
        : {
            id: listed.id as EntryId,
            author: listed.user_id as UserId,
            text: listed.text,
            shownAt: Date.parse(listed.created_at),
          },
  };
  // [R10] Numbers of a lost history do not count: it is unknown which of them the new history shares.
  if (known === null || hasGoneBack(known, asked, rest)) {
    return {
      ...named,
      lastSeq: rest.last_seq,
      readSeq: rest.read_seq,
      unread: {},
      unlistedUnread: rest.unread_count,
      pendingRead: null,
      confirmedRead: rest.read_seq,
    };
  }
  // This device has read further than the server knows. The position is reported again, whatever became of the first report (another tab's record may have overwritten ours).
  const pendingRead = known.readSeq > rest.read_seq ? known.readSeq : known.pendingRead;
  const lastMessage = newerPreview(known.lastMessage, asked?.lastMessage ?? null, named.lastMessage);
  const merged = { ...known, ...named, lastMessage, lastSeq: Math.max(known.lastSeq, rest.last_seq), pendingRead };
  return confirmReadPosition(isSame(known, merged) ? known : merged, rest.read_seq);
}

/**
 * The list's newest message, or the one that is known here: an older answer must not remove a message from the list that has come since the request was sent (`asked` is the state of then). A deletion that only the answer knows comes as an entry too, and is asked about then.
 */
function newerPreview(
  known: LastMessage | null,
  asked: LastMessage | null,
  listed: LastMessage | null,
): LastMessage | null {
  if (known === null || isSame(known, asked)) return listed;
  return listed === null || compareKeys(known, listed) >= 0 ? known : listed;
}

/** A tablo that neither the server's list nor this device knows, but in which we have written something. */
export function formerChannel(id: TabloId): ChannelRecord {
  return {
    ...{ id, name: 'A tablo you are no longer in', role: 'guest', epoch: 0, createdAt: 0, lastMessage: null },
    ...{ lastSeq: 0, readSeq: 0, unread: {}, unlistedUnread: 0, pendingRead: null },
  };
}

function isSame<Value>(left: Value, right: Value): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

const NOTHING_HERE = { unsent: { pending: 0, refused: 0 }, hasDraft: false };

export function summaryOf(
  record: ChannelRecord,
  last: LastMessage | null,
  labelOf: (id: UserId) => RoomPerson,
  here: { readonly unsent: UnsentCounts; readonly hasDraft: boolean } = NOTHING_HERE,
): ChannelSummary {
  const author = last === null ? null : labelOf(last.author);
  return {
    id: record.id,
    // Records of an earlier release hold it as the server gave it.
    name: tabloNameOf(record.name),
    role: record.role,
    unreadCount: countUnread(record),
    lastMessage:
      last === null || author === null
        ? null
        : {
            ...last,
            authorName: author.name,
            authorMark: author.mark,
            isAuthorNamed: author.isNamed,
            hasAuthorLeft: author.hasLeft,
          },
    createdAt: record.createdAt,
    unsent: here.unsent,
    hasDraft: here.hasDraft,
  };
}

const activityOf = (summary: ChannelSummary): number => summary.lastMessage?.shownAt ?? summary.createdAt;

/** Newest activity first; equal ones keep one order everywhere. */
export function byActivity(left: ChannelSummary, right: ChannelSummary): number {
  return activityOf(right) - activityOf(left) || (left.id < right.id ? -1 : 1);
}
