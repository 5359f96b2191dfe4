// What must be true when everybody is online and nothing is on its way: the timelines, SQL, and what people wanted are compared. Pure, but for reading.
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { compareKeys, isLate } from '@tablo/schema/shown-at';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { unreadSql } from '@tablo/schema/unread';
import type pg from 'pg';
import { type Intent, type Intents, keyOf, textOf } from './intents.ts';

export type ViolationKind =
  | 'pending' // something is still on its way
  | 'lost'
  | 'doubled'
  | 'leaked' // cancelled or deleted, and there all the same
  | 'misordered'
  | 'miscounted'
  | 'diverged' // a screen differs from SQL
  | 'false-sent'; // [R1] shown as sent, and not durable

export interface Violation {
  readonly kind: ViolationKind;
  readonly what: string;
}

export interface Row {
  readonly id: EntryId;
  readonly author: UserId;
  readonly text: string;
  readonly shownAt: number;
  readonly sentAt: number;
  readonly receivedAt: number;
  readonly seq: number;
  readonly replyTo: EntryId | null;
  readonly editedAt: number | null;
  readonly isDeleted: boolean;
}

export interface Snapshot {
  readonly rows: readonly Row[];
  /** As the timeline groups them. */
  readonly reactions: ReadonlyMap<EntryId, string>;
  readonly lastSeq: number;
  readonly unread: ReadonlyMap<UserId, number>;
  readonly readSeq: ReadonlyMap<UserId, number>;
}

const ms = (column: string) => `(tablo_private.to_ms(${column}))::float8`;

export async function readSnapshot(pool: pg.Pool, tablo: TabloId, users: readonly UserId[]): Promise<Snapshot> {
  const [rows, reactions, counts] = await Promise.all([
    pool.query<Row>(
      `SELECT id, user_id AS author, text, ${ms('created_at')} AS "shownAt", ${ms('sent_at')} AS "sentAt",
         ${ms('received_at')} AS "receivedAt", seq::float8 AS seq, reply_to AS "replyTo", ${ms('updated_at')} AS "editedAt",
         deleted_at IS NOT NULL AS "isDeleted"
       FROM messages WHERE channel_id = $1 ORDER BY created_at, id`,
      [tablo],
    ),
    pool.query<{ message: EntryId; user: string; emoji: string }>(
      `SELECT r.message_id AS message, r.user_id AS user, r.emoji
       FROM message_reactions r JOIN messages m ON m.id = r.message_id WHERE m.channel_id = $1
       ORDER BY r.created_at, r.entry_id`,
      [tablo],
    ),
    pool.query<{ user: UserId; unread: number; read: number; last: number }>(
      `SELECT u AS user, coalesce(s.last_read_seq, 0)::float8 AS read, t.last_seq::float8 AS last,
         (SELECT count(*) FROM messages m WHERE m.channel_id = t.id AND ${unreadSql('u', 'coalesce(s.last_read_seq, 0)')})::float8 AS unread
       FROM tablos t CROSS JOIN unnest($2::uuid[]) u
       LEFT JOIN channel_read_state s ON s.channel_id = t.id AND s.user_id = u WHERE t.id = $1`,
      [tablo, users],
    ),
  ]);
  const groups = new Map<EntryId, Map<string, string[]>>();
  for (const { message, user, emoji } of reactions.rows) {
    const group = groups.get(message) ?? new Map<string, string[]>();
    groups.set(message, group.set(emoji, [...(group.get(emoji) ?? []), user]));
  }
  return {
    rows: rows.rows,
    reactions: new Map([...groups].map(([id, group]) => [id, JSON.stringify([...group])])),
    lastSeq: counts.rows[0]?.last ?? -1,
    unread: new Map(counts.rows.map(({ user, unread }) => [user, unread])),
    readSeq: new Map(counts.rows.map(({ user, read }) => [user, read])),
  };
}

/** One screen: what a tab shows at the end. */
export interface Screen {
  readonly tab: string;
  readonly user: UserId;
  readonly status: string;
  readonly hasMore: boolean;
  readonly isClosed: boolean;
  readonly messages: readonly TimelineMessage[];
  readonly unread: number | null;
}

export function compareScreen(screen: Screen, { rows, reactions, unread }: Snapshot): readonly Violation[] {
  const { tab, user, messages } = screen;
  if (screen.isClosed || screen.status !== 'ready' || screen.hasMore)
    return [
      { kind: 'pending', what: `${tab} is ${screen.isClosed ? 'closed' : screen.hasMore ? 'incomplete' : 'loading'}` },
    ];
  const shown = messages.filter((message) => message.delivery.status === 'sent' && !message.isDeleted);
  const wanted = rows.filter((row) => !row.isDeleted);
  const violations: Violation[] = [];
  for (const { text, delivery, unsentChanges, id } of messages) {
    const isPending =
      delivery.status === 'pending' || unsentChanges.some((change) => change.delivery.status === 'pending');
    if (isPending) violations.push({ kind: 'pending', what: `${tab} has ${text || id} or a change of it pending` });
  }
  const screenLines = shown.map((message) => lineOf(message, JSON.stringify(pairs(message))));
  const rowLines = wanted.map((row) => lineOf(row, reactions.get(row.id) ?? '[]'));
  const at = rowLines.findIndex((line, index) => line !== screenLines[index]);
  if (at >= 0 || screenLines.length !== rowLines.length) {
    const index = at >= 0 ? at : rowLines.length;
    violations.push({
      kind: 'diverged',
      what: `${tab}, place ${index} of ${rowLines.length}, shows ${screenLines.length}:\n      screen ${screenLines[index]}\n      SQL    ${rowLines[index]}`,
    });
  }
  if (screen.unread !== unread.get(user))
    violations.push({ kind: 'miscounted', what: `${tab} shows ${screen.unread} unread, SQL ${unread.get(user)}` });
  return violations;
}

const pairs = (message: TimelineMessage) => message.reactions.map(({ emoji, users }) => [emoji, users]);

function lineOf(
  message: Pick<Row, 'id' | 'author' | 'text' | 'shownAt' | 'sentAt' | 'replyTo' | 'editedAt'>,
  reactions: string,
): string {
  const { id, author, text, shownAt, sentAt, replyTo, editedAt } = message;
  return [id, author.slice(0, 4), text, shownAt, sentAt, `re ${replyTo}`, `edited ${editedAt}`, reactions].join(' ');
}

export function compareSeq({ rows, lastSeq }: Snapshot): readonly Violation[] {
  const seqs = rows.map((row) => row.seq).sort((left, right) => left - right);
  const isGapFree = seqs.every((seq, index) => seq === index + 1) && lastSeq === seqs.length;
  return isGapFree ? [] : [{ kind: 'miscounted', what: `seq is ${seqs.join(',')} and last_seq ${lastSeq}` }];
}

/** What the author of `key` sees refused: the message, or a change of it. */
export interface RefusedKeys {
  readonly messages: ReadonlySet<string>;
  readonly changes: ReadonlySet<string>;
}

export function refusedKeys(screens: readonly Screen[]): RefusedKeys {
  const messages = new Set<string>();
  const changes = new Set<string>();
  for (const message of screens.flatMap((screen) => screen.messages)) {
    const key = keyOf(message.text);
    if (key === null) continue;
    if (message.delivery.status === 'refused') messages.add(key);
    if (message.unsentChanges.some(({ delivery }) => delivery.status === 'refused')) changes.add(key);
  }
  return { messages, changes };
}

export function compareIntents(intents: Intents, snapshot: Snapshot, refused: RefusedKeys): readonly Violation[] {
  const rowsOf = new Map<string, Row[]>();
  const violations: Violation[] = [];
  for (const row of snapshot.rows) {
    if (row.isDeleted) continue;
    const intent = intents.of(row.text);
    if (intent === null || intent.author !== row.author)
      violations.push({ kind: 'diverged', what: `nobody wrote ${row.text}` });
    else rowsOf.set(intent.key, [...(rowsOf.get(intent.key) ?? []), row]);
  }
  for (const intent of intents.all.values())
    violations.push(...compareIntent(intent, rowsOf.get(intent.key) ?? [], refused));
  return [...violations, ...compareOrder(intents, snapshot, rowsOf)];
}

function compareIntent(intent: Intent, rows: readonly Row[], refused: RefusedKeys): readonly Violation[] {
  const { key } = intent;
  const isRefused = refused.messages.has(key);
  const [row] = rows;
  if (rows.length > 1)
    return [
      {
        kind: 'doubled',
        what: `${key} is there as ${rows.map(({ text }) => text).join(', ')}`,
      },
    ];
  if (row === undefined) {
    const mayBeAway = intent.isRemoved || intent.isDiscarded || isRefused || !intent.isStored;
    return mayBeAway ? [] : [{ kind: 'lost', what: `${key} of ${intent.writer}` }];
  }
  if (intent.isContested) return [];
  // Refused, as when its author was removed before it arrived: they see that it is.
  if (intent.isRemoved && refused.changes.has(key)) return [];
  if (intent.isRemoved)
    return [
      {
        kind: 'leaked',
        what: `${key} was cancelled or deleted by ${intent.writer}`,
      },
    ];
  if (isRefused) return [{ kind: 'doubled', what: `${key} is delivered, and shown as refused` }];
  const isLatest = row.text === textOf(intent) || refused.changes.has(key) || intent.isDiscarded;
  return isLatest ? [] : [{ kind: 'lost', what: `${textOf(intent)}: SQL has ${row.text}` }];
}

/** [R5] Nobody's message stands before what they had on the screen when they wrote it. */
function compareOrder(
  intents: Intents,
  { rows }: Snapshot,
  rowsOf: ReadonlyMap<string, readonly Row[]>,
): readonly Violation[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const violations: Violation[] = [];
  for (const intent of intents.all.values()) {
    const row = rowsOf.get(intent.key)?.[0];
    if (row === undefined) continue;
    for (const { id, key, wasSent } of intent.seen) {
      const seen = byId.get(id) ?? (key === null ? undefined : rowsOf.get(key)?.[0]);
      if (seen === undefined || compareKeys(seen, row) < 0) continue;
      // What was not durable yet, and is shown at its receipt, while what followed it is still on time: the contract's own order.
      const isByContract = !wasSent && isLate(seen.sentAt, seen.receivedAt) && !isLate(row.sentAt, row.receivedAt);
      if (!isByContract)
        violations.push({
          kind: 'misordered',
          what: `${row.text} (${describe(row)}) stands before ${seen.text || seen.id} (${describe(seen)}), which ${intent.writer} had seen ${wasSent ? 'sent' : 'pending'}`,
        });
    }
  }
  return violations;
}

const describe = (row: Row) => `shown ${row.shownAt}, sent ${row.sentAt}, received ${row.receivedAt}, seq ${row.seq}`;
