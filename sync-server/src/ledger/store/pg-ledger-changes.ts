/** What edits, deletions and reactions do to the rows: the timeline's rules [R5] in SQL. Runs after the batch's messages were inserted. */
import type { Deletion, Edit, Reaction } from '@tablo/schema/entry';
import type { EntryWrite, Writes } from './ledger-store.ts';

// Joined by `LATERAL … OFFSET 0`: one look by key for each row that was sent, whatever the planner takes the table for [R9]. Other
// conditions stand outside: inside, an index of just the rows that meet them would do too.

// The latest edit by (shownAt, id) wins; the text that it replaced is kept. One that came after a later one keeps its own text instead. Several edits of one
// message in a batch count as made one after another, in their order.
const EDIT = `WITH e AS (
    SELECT r.*, tablo_private.from_ms(r.shown) AS shown_at
    FROM json_to_recordset($1) AS r(id uuid, target uuid, author uuid, text text, shown bigint)
  ), judged AS (
    SELECT e.*, m.channel_id, m.text AS base, m.deleted_at IS NOT NULL AS is_deleted,
      m.edit_id IS NULL OR (m.updated_at, m.edit_id) < (e.shown_at, e.id) AS is_latest
    FROM e CROSS JOIN LATERAL (SELECT * FROM messages WHERE id = e.target OFFSET 0) m
  ), ranked AS (
    SELECT *, lag(text) OVER (PARTITION BY target, is_latest ORDER BY shown_at, id) AS before,
      row_number() OVER (PARTITION BY target ORDER BY shown_at DESC, id DESC) AS place
    FROM judged
  ), kept AS (
    INSERT INTO message_edits (id, channel_id, message_id, user_id, text, edited_at)
    SELECT id, channel_id, target, author, CASE WHEN is_deleted THEN '' WHEN is_latest THEN coalesce(before, base) ELSE text END, shown_at FROM ranked
  )
  UPDATE messages SET edit_count = edit_count + ranked.edits,
    text = CASE WHEN ranked.wins THEN ranked.text ELSE messages.text END,
    updated_at = CASE WHEN ranked.wins THEN ranked.shown_at ELSE updated_at END,
    edit_id = CASE WHEN ranked.wins THEN ranked.id ELSE edit_id END,
    first_text = CASE WHEN ranked.wins THEN coalesce(first_text, messages.text) ELSE first_text END
  FROM (SELECT *, is_latest AND NOT is_deleted AS wins, count(*) OVER (PARTITION BY target)::int AS edits FROM ranked) ranked
  WHERE messages.id = ranked.target AND ranked.place = 1`;

// [R9] There may be any number of earlier texts and reactions: so many go at once, which is nearly always all of them; the rest is removed soon, in portions
// (`documents/erasures.ts`).
const REMOVED_AT_ONCE = 20;
const DELETE = `WITH d AS (
    SELECT target, tablo_private.from_ms(min(shown)) AS shown_at
    FROM json_to_recordset($1) AS r(target uuid, shown bigint) GROUP BY target
  ), texts AS (
    UPDATE message_edits SET text = '' FROM d CROSS JOIN LATERAL (
      SELECT e.id FROM message_edits e WHERE e.message_id = d.target AND e.text <> '' LIMIT ${REMOVED_AT_ONCE}
    ) gone WHERE message_edits.id = gone.id
  ), reactions AS (
    DELETE FROM message_reactions r USING d CROSS JOIN LATERAL (
      SELECT o.user_id, o.emoji FROM message_reactions o WHERE o.message_id = d.target LIMIT ${REMOVED_AT_ONCE}
    ) gone WHERE r.message_id = d.target AND r.user_id = gone.user_id AND r.emoji = gone.emoji
  )
  UPDATE messages SET text = '', first_text = NULL, deleted_at = least(deleted_at, d.shown_at) FROM d WHERE messages.id = d.target`;

// [R9] One row holds a member's latest reaction with an emoji, on or off, and what is new is compared with that.
const REACT = `WITH newest AS (
    SELECT DISTINCT ON (r.target, r.author, r.emoji) r.id, r.target, r.author, r.emoji, r.is_on, tablo_private.from_ms(r.shown) AS shown_at
    FROM json_to_recordset($1) AS r(id uuid, target uuid, author uuid, emoji text, is_on boolean, shown bigint)
    CROSS JOIN LATERAL (SELECT deleted_at FROM messages WHERE id = r.target OFFSET 0) m WHERE m.deleted_at IS NULL
    ORDER BY r.target, r.author, r.emoji, r.shown DESC, r.id DESC
  ), kinds AS (
    INSERT INTO tablo_reaction_kinds (message_id, emoji) SELECT DISTINCT target, emoji FROM newest ON CONFLICT DO NOTHING
  ), latest AS (
    INSERT INTO tablo_votes AS v (message_id, user_id, emoji, is_on, shown_at, entry_id)
    SELECT target, author, emoji, is_on, shown_at, id FROM newest
    ON CONFLICT (message_id, user_id, emoji) DO UPDATE SET is_on = excluded.is_on, shown_at = excluded.shown_at, entry_id = excluded.entry_id
      WHERE (v.shown_at, v.entry_id) < (excluded.shown_at, excluded.entry_id)
    RETURNING v.*
  ), off AS (
    DELETE FROM message_reactions r USING latest
    WHERE NOT latest.is_on AND r.message_id = latest.message_id AND r.user_id = latest.user_id AND r.emoji = latest.emoji
  )
  INSERT INTO message_reactions (channel_id, message_id, user_id, emoji, created_at, entry_id)
  SELECT m.channel_id, latest.message_id, latest.user_id, latest.emoji, latest.shown_at, latest.entry_id
  FROM latest CROSS JOIN LATERAL (SELECT channel_id FROM messages WHERE id = latest.message_id OFFSET 0) m WHERE latest.is_on
  ON CONFLICT (message_id, user_id, emoji) DO UPDATE SET created_at = excluded.created_at, entry_id = excluded.entry_id`;

// What was noted as corrected by SQL keeps its rows; deleted, it does not.
const ERASE = `INSERT INTO tablo_erasures AS e (message_id, tablo_id, epoch)
  SELECT "messageId", "tabloId", epoch FROM json_to_recordset($1) AS r("messageId" uuid, "tabloId" uuid, epoch integer)
  ON CONFLICT (message_id) DO UPDATE SET epoch = greatest(e.epoch, excluded.epoch), rows_removed = false`;

const CLAIM = `INSERT INTO tablo_clients (tablo_id, epoch, client_id, user_id)
  SELECT "tabloId", epoch, client, "userId" FROM json_to_recordset($1) AS r("tabloId" uuid, epoch integer, client bigint, "userId" uuid)
  ON CONFLICT DO NOTHING`;

type Write<E> = EntryWrite & { readonly entry: E };

/** `query` runs one statement within what time is left. */
export async function applyChanges(
  query: (name: string, text: string, values: unknown[]) => Promise<unknown>,
  { entries, erasures, clients }: Pick<Writes, 'entries' | 'erasures' | 'clients'>,
): Promise<void> {
  const of = <E extends EntryWrite['entry']>(kind: E['kind']) =>
    entries.filter((one): one is Write<E> => one.entry.kind === kind);
  const edits = of<Edit>('edit').map(({ entry, shownAt }) => ({ ...entry, shown: shownAt }));
  if (edits.length > 0) await query('ledger-edit', EDIT, [JSON.stringify(edits)]);
  const reactions = of<Reaction>('reaction').map(({ entry: { id, target, author, emoji, on }, shownAt }) => ({
    id,
    target,
    author,
    emoji,
    is_on: on,
    shown: shownAt,
  }));
  if (reactions.length > 0) await query('ledger-react', REACT, [JSON.stringify(reactions)]);
  const deletions = of<Deletion>('delete').map(({ entry, shownAt }) => ({ target: entry.target, shown: shownAt }));
  if (deletions.length > 0) await query('ledger-delete', DELETE, [JSON.stringify(deletions)]);
  if (erasures.length > 0) await query('ledger-erase', ERASE, [JSON.stringify(erasures)]);
  if (clients.length > 0) await query('ledger-claim', CLAIM, [JSON.stringify(clients)]);
}
