/** A tablo's history, page by page: keyset on (created_at, id), so that a page costs the same wherever it lies [R9]. */
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { MESSAGE_REACTIONS_MAX, type RestMessage } from '@tablo/schema/rest/message';
import type { Pool } from 'pg';
import { toIso } from '../base/rest-time.ts';

// [R9] A member's latest vote on an emoji is one row, on or off, however often it was toggled; the newest ones are shown.
const votes = (
  isOn: boolean,
): string => `SELECT json_agg(json_build_object('entry_id', entry_id, 'user_id', user_id, 'emoji', emoji,
      'created_ms', tablo_private.to_ms(shown_at)) ORDER BY shown_at, entry_id) AS votes
    FROM (
      SELECT v.entry_id, v.user_id, v.emoji, v.shown_at FROM tablo_votes v
      WHERE v.message_id = m.id AND v.is_on = ${isOn} AND m.deleted_at IS NULL
      ORDER BY v.shown_at DESC, v.entry_id DESC LIMIT ${MESSAGE_REACTIONS_MAX}
    ) newest`;

const COLUMNS = `m.id, m.channel_id, m.user_id, p.name AS user_name, CASE WHEN m.deleted_at IS NULL THEN m.text ELSE '' END AS text,
    m.edit_id, m.reply_to, m.seq, tablo_private.to_ms(m.created_at) AS created_ms, tablo_private.to_ms(m.sent_at) AS sent_ms,
    tablo_private.to_ms(m.received_at) AS received_ms, tablo_private.to_ms(m.updated_at) AS updated_ms,
    tablo_private.to_ms(m.deleted_at) AS deleted_ms, r.votes AS reactions, w.votes AS withdrawn`;
const FROM = `FROM messages m
  LEFT JOIN chat_profiles p ON p.user_id = m.user_id
  LEFT JOIN LATERAL (${votes(true)}) r ON true
  LEFT JOIN LATERAL (${votes(false)}) w ON true`;

/** [R11] What a page makes the thread do is its bytes, whoever wrote them: about so many in JSON, and one message at the least. */
export const PAGE_MAX_BYTES = 512 * 1_024;
/** Keys, ids and times of a message in JSON. */
const FIXED_BYTES = 512;

/**
 * A page in `order`, cut where it has bytes enough: the rows that fit, each with the number of those that were found. PostgreSQL cuts, so that what is not shown
 * is neither sent nor parsed.
 */
const cutPage = (
  where: string,
  orderOf: (of: string) => string,
  bytes = PAGE_MAX_BYTES,
  atLeast = 1,
): string => `SELECT * FROM (
    SELECT page.*, count(*) OVER () AS found, row_number() OVER in_order AS nth,
      sum(${FIXED_BYTES} + octet_length(to_json(text)::text) + coalesce(octet_length(reactions::text), 0) + coalesce(octet_length(withdrawn::text), 0))
        OVER in_order AS bytes
    FROM (SELECT ${COLUMNS}, m.created_at ${FROM} WHERE m.channel_id = $1 AND ${where} ORDER BY ${orderOf('m')} LIMIT $2) page
    WINDOW in_order AS (ORDER BY ${orderOf('page')} ROWS UNBOUNDED PRECEDING)
  ) cut WHERE nth <= ${atLeast} OR bytes <= ${bytes} ORDER BY nth`;

const newestFirst = (of: string): string => `${of}.created_at DESC, ${of}.id DESC`;
const PAGE = cutPage('m.deleted_at IS NULL', newestFirst);
const BEFORE_TIME = cutPage('m.deleted_at IS NULL AND m.created_at < tablo_private.from_ms($3)', newestFirst);
// The anchor's own row says where it stands, deleted or not; no anchor, no rows, and `hasAnchor` tells why.
const fromAnchor = (is: '<' | '>='): string => `m.deleted_at IS NULL
    AND (m.created_at, m.id) ${is} ((SELECT a.created_at FROM messages a WHERE a.id = $3 AND a.channel_id = $1), $3::uuid)`;
const BEFORE_ID = cutPage(fromAnchor('<'), newestFirst);
// The two halves of a page around a message. It stands in the second, which has one more at the least: who asks around the last of a page gets on.
const OLDER_HALF = cutPage(fromAnchor('<'), newestFirst, PAGE_MAX_BYTES / 2);
const NEWER_HALF = cutPage(fromAnchor('>='), (of) => `${of}.created_at, ${of}.id`, PAGE_MAX_BYTES / 2, 2);

// In the order of arrival, deleted ones included: for back ends that catch up.
const AFTER = cutPage('m.seq > $3', (of) => `${of}.seq`);

export type Before = { readonly type: 'time'; readonly ms: number } | { readonly type: 'id'; readonly id: EntryId };

export interface MessagesPage {
  /** Oldest first; of `after`, by `seq`. */
  readonly messages: RestMessage[];
  readonly hasMore: boolean;
}

interface Row {
  readonly id: string;
  readonly channel_id: string;
  readonly user_id: string;
  readonly user_name: string | null;
  readonly text: string;
  readonly edit_id: string | null;
  readonly reply_to: string | null;
  readonly seq: string;
  readonly created_ms: string;
  readonly sent_ms: string;
  readonly received_ms: string;
  readonly updated_ms: string | null;
  readonly deleted_ms: string | null;
  readonly reactions: readonly ReactionRow[] | null;
  readonly withdrawn: readonly ReactionRow[] | null;
}

interface PageRow extends Row {
  /** Rows of the page before it was cut: a bigint. */
  readonly found: string;
}

interface ReactionRow {
  readonly entry_id: string;
  readonly user_id: string;
  readonly emoji: string;
  readonly created_ms: number;
}

export class PgMessages {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The newest ones before `before`. `null`: the tablo has no message with that id. */
  async page(tabloId: TabloId, before: Before | null, limit: number): Promise<MessagesPage | null> {
    // One more than wanted says whether there is more.
    const { rows } = await this.#pool.query<PageRow>(pageQuery(tabloId, before, limit + 1));
    if (rows.length === 0 && before?.type === 'id' && !(await this.#has(tabloId, before.id))) return null;
    const { messages, hasMore } = toPage(rows, limit);
    return { messages: messages.reverse(), hasMore };
  }

  /** The first ones above `seq`, by `seq`. */
  async after(tabloId: TabloId, seq: number, limit: number): Promise<MessagesPage> {
    const values = [tabloId, limit + 1, seq];
    const { rows } = await this.#pool.query<PageRow>({ name: 'messages-after', text: AFTER, values });
    return toPage(rows, limit);
  }

  /** A message and what stands around it, oldest first; of a deleted one what stands around its place. `null`: the tablo has no message with that id. */
  async around(
    tabloId: TabloId,
    id: EntryId,
    limit: number,
  ): Promise<(MessagesPage & { readonly hasNewer: boolean }) | null> {
    const half = Math.floor(limit / 2);
    const ask = async (name: string, text: string, rows: number) =>
      toPage((await this.#pool.query<PageRow>({ name, text, values: [tabloId, rows + 1, id] })).rows, rows);
    const older = await ask('messages-older-half', OLDER_HALF, half);
    const newer = await ask('messages-newer-half', NEWER_HALF, limit - half);
    const messages = [...older.messages.reverse(), ...newer.messages];
    if (messages.length === 0 && !(await this.#has(tabloId, id))) return null;
    return { messages, hasMore: older.hasMore, hasNewer: newer.hasMore };
  }

  /** Also a deleted one. */
  async find(tabloId: TabloId, id: EntryId): Promise<RestMessage | null> {
    const text = `SELECT ${COLUMNS} ${FROM} WHERE m.channel_id = $1 AND m.id = $2`;
    const { rows } = await this.#pool.query<Row>({ name: 'messages-find', text, values: [tabloId, id] });
    return rows[0] === undefined ? null : toMessage(rows[0]);
  }

  async #has(tabloId: TabloId, id: EntryId): Promise<boolean> {
    const { rowCount } = await this.#pool.query('SELECT FROM messages WHERE channel_id = $1 AND id = $2', [
      tabloId,
      id,
    ]);
    return rowCount !== 0;
  }
}

function pageQuery(
  tabloId: TabloId,
  before: Before | null,
  rows: number,
): { name: string; text: string; values: unknown[] } {
  if (before === null) return { name: 'messages-page', text: PAGE, values: [tabloId, rows] };
  return before.type === 'time'
    ? { name: 'messages-before-time', text: BEFORE_TIME, values: [tabloId, rows, before.ms] }
    : { name: 'messages-before-id', text: BEFORE_ID, values: [tabloId, rows, before.id] };
}

function toPage(rows: readonly PageRow[], limit: number): MessagesPage {
  const messages = rows.slice(0, limit).map(toMessage);
  return { messages, hasMore: Number(rows[0]?.found ?? 0) > messages.length };
}

function toMessage(row: Row): RestMessage {
  return {
    id: row.id,
    channel_id: row.channel_id,
    user_id: row.user_id,
    user_name: row.user_name,
    text: row.text,
    created_at: toIso(row.created_ms),
    sent_at: toIso(row.sent_ms),
    received_at: toIso(row.received_ms),
    updated_at: row.updated_ms === null ? null : toIso(row.updated_ms),
    edit_id: row.edit_id,
    reply_to: row.reply_to,
    seq: Number(row.seq),
    deleted_at: row.deleted_ms === null ? null : toIso(row.deleted_ms),
    reactions: toReactions(row.reactions),
    withdrawn_reactions: toReactions(row.withdrawn),
  };
}

function toReactions(rows: readonly ReactionRow[] | null): RestMessage['reactions'] {
  return (rows ?? []).map(({ created_ms, ...reaction }) => ({ ...reaction, created_at: toIso(created_ms) }));
}
