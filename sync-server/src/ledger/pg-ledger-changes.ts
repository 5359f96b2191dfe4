/** What edits, deletions and reactions do to the rows: the timeline's rules [R5] in SQL. Runs after the batch's messages were inserted. */
import type { Deletion, Edit, Reaction } from '@tablo/schema/entry';
import type { PoolClient } from 'pg';
import type { EntryWrite } from './ledger-store.ts';

const SHOWN = 'tablo_private.from_ms($3)';

// The latest edit by (shownAt, id) wins; the text that it replaced is kept. One that came after a later one keeps its own text instead.
const EDIT = `WITH old AS (
    SELECT id, text, deleted_at, updated_at IS NULL OR (updated_at, edit_id) < (${SHOWN}, $2::uuid) AS is_latest
    FROM messages WHERE id = $1
  ), kept AS (
    INSERT INTO message_edits (id, message_id, user_id, text, edited_at)
    SELECT $2, id, $4, CASE WHEN deleted_at IS NOT NULL THEN '' WHEN is_latest THEN text ELSE $5 END, ${SHOWN} FROM old
  )
  UPDATE messages SET text = $5, updated_at = ${SHOWN}, edit_id = $2
  FROM old WHERE messages.id = old.id AND old.is_latest AND old.deleted_at IS NULL`;

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
  for (const { entry, shownAt } of of<Edit>('edit')) {
    await client.query({
      name: 'ledger-edit',
      text: EDIT,
      values: [entry.target, entry.id, shownAt, entry.author, entry.text],
    });
  }
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
