/** What edits, deletions and reactions do to the rows: the timeline's rules [R5] in SQL. Runs after the batch's messages were inserted. */
import type { Deletion, Edit, Reaction } from '@tablo/schema/entry';
import type { PoolClient } from 'pg';
import type { EntryWrite } from './ledger-store.ts';

// The latest edit by (shownAt, id) wins; the text that it replaced is kept. One that came after a later one keeps its own text instead. Several edits of one
// message in a batch count as made one after another, in their order.
const EDIT = `WITH e AS (
    SELECT r.*, tablo_private.from_ms(r.shown) AS shown_at
    FROM json_to_recordset($1) AS r(id uuid, target uuid, author uuid, text text, shown bigint)
  ), judged AS (
    SELECT e.*, m.text AS base, m.deleted_at IS NOT NULL AS is_deleted,
      m.updated_at IS NULL OR (m.updated_at, m.edit_id) < (e.shown_at, e.id) AS is_latest
    FROM e JOIN messages m ON m.id = e.target
  ), ranked AS (
    SELECT *, lag(text) OVER (PARTITION BY target, is_latest ORDER BY shown_at, id) AS before,
      row_number() OVER (PARTITION BY target ORDER BY shown_at DESC, id DESC) AS place
    FROM judged
  ), kept AS (
    INSERT INTO message_edits (id, message_id, user_id, text, edited_at)
    SELECT id, target, author, CASE WHEN is_deleted THEN '' WHEN is_latest THEN coalesce(before, base) ELSE text END, shown_at FROM ranked
  )
  UPDATE messages SET text = ranked.text, updated_at = ranked.shown_at, edit_id = ranked.id
  FROM ranked WHERE messages.id = ranked.target AND ranked.place = 1 AND ranked.is_latest AND NOT ranked.is_deleted`;

const DELETE = `WITH d AS (
    SELECT target, tablo_private.from_ms(min(shown)) AS shown_at
    FROM json_to_recordset($1) AS r(target uuid, shown bigint) GROUP BY target
  ), texts AS (
    UPDATE message_edits SET text = '' FROM d WHERE message_id = d.target
  ), reactions AS (
    DELETE FROM message_reactions USING d WHERE message_id = d.target
  )
  UPDATE messages SET text = '', deleted_at = least(deleted_at, d.shown_at) FROM d WHERE messages.id = d.target`;

// The latest reaction of a member with an emoji wins, so both statements look at all of theirs, not only at the new ones.
const LATEST = `WITH latest AS (
    SELECT DISTINCT ON (t.target, t.author, t.emoji) t.target, t.author, t.emoji, t.is_on, t.shown_at, t.id
    FROM (SELECT DISTINCT target, author, emoji FROM json_to_recordset($1) AS r(target uuid, author uuid, emoji text)) AS touched
    JOIN tablo_entries t ON t.kind = 'reaction' AND t.target = touched.target AND t.author = touched.author AND t.emoji = touched.emoji
    ORDER BY t.target, t.author, t.emoji, t.shown_at DESC, t.id DESC
  )`;
const REACT = `${LATEST}, off AS (
    DELETE FROM message_reactions USING latest
    WHERE NOT latest.is_on AND message_id = latest.target AND user_id = latest.author AND message_reactions.emoji = latest.emoji
  )
  INSERT INTO message_reactions (message_id, user_id, emoji, created_at, entry_id)
  SELECT latest.target, latest.author, latest.emoji, latest.shown_at, latest.id
  FROM latest JOIN messages m ON m.id = latest.target AND m.deleted_at IS NULL WHERE latest.is_on
  ON CONFLICT (message_id, user_id, emoji) DO UPDATE SET created_at = excluded.created_at, entry_id = excluded.entry_id`;

type Write<E> = EntryWrite & { readonly entry: E };

export async function applyChanges(client: PoolClient, writes: readonly EntryWrite[]): Promise<void> {
  const of = <E extends EntryWrite['entry']>(kind: E['kind']) =>
    writes.filter((one): one is Write<E> => one.entry.kind === kind);
  const edits = of<Edit>('edit').map(({ entry, shownAt }) => ({ ...entry, shown: shownAt }));
  if (edits.length > 0) await client.query({ name: 'ledger-edit', text: EDIT, values: [JSON.stringify(edits)] });
  const reactions = of<Reaction>('reaction').map(({ entry }) => ({
    target: entry.target,
    author: entry.author,
    emoji: entry.emoji,
  }));
  if (reactions.length > 0)
    await client.query({ name: 'ledger-react', text: REACT, values: [JSON.stringify(reactions)] });
  const deletions = of<Deletion>('delete').map(({ entry, shownAt }) => ({ target: entry.target, shown: shownAt }));
  if (deletions.length > 0)
    await client.query({ name: 'ledger-delete', text: DELETE, values: [JSON.stringify(deletions)] });
}
