/** A tablo's move to a fresh document, within the transaction that decided it: both are there afterwards, or neither. */
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { SEED_MAX_BYTES, SEED_MAX_MESSAGES, SEED_MAX_REACTIONS } from '@tablo/schema/limits';
import type { PoolClient } from 'pg';
import type { Writes } from './ledger-store.ts';
import { createSeed, type SeedMessage } from './seed.ts';

// Long texts are not even read beyond what a document begins with.
const NEWEST = `SELECT m.id, m.user_id, coalesce(m.first_text, m.text) AS first_text, m.text, m.reply_to, tablo_private.to_ms(m.sent_at) AS sent,
    tablo_private.to_ms(m.created_at) AS shown, encode(own.digest, 'hex') AS digest, m.edit_id, tablo_private.to_ms(e.sent_at) AS edit_sent,
    tablo_private.to_ms(e.shown_at) AS edit_shown, encode(e.digest, 'hex') AS edit_digest, r.reactions
  FROM (
    SELECT n.*, sum(octet_length(n.text) + coalesce(octet_length(n.first_text), 0)) OVER (ORDER BY n.created_at DESC, n.id DESC) AS bytes
    FROM (
      SELECT * FROM messages WHERE channel_id = $1 AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT ${SEED_MAX_MESSAGES}
    ) n
  ) m
  JOIN tablo_entries own ON own.id = m.id
  LEFT JOIN tablo_entries e ON e.id = m.edit_id
  LEFT JOIN LATERAL (
    SELECT json_agg(json_build_array(v.entry_id, v.user_id, v.emoji, tablo_private.to_ms(x.sent_at), tablo_private.to_ms(v.created_at))
      ORDER BY v.created_at, v.entry_id) AS reactions
    FROM (SELECT * FROM message_reactions WHERE message_id = m.id ORDER BY user_id, emoji LIMIT ${SEED_MAX_REACTIONS}) v
    JOIN tablo_entries x ON x.id = v.entry_id
  ) r ON true
  WHERE m.bytes - octet_length(m.text) - coalesce(octet_length(m.first_text), 0) <= ${SEED_MAX_BYTES}
  ORDER BY m.created_at DESC, m.id DESC`;

const MOVE = `WITH moved AS (
    UPDATE tablos SET epoch = $2::integer + 1 WHERE id = $1 AND epoch = $2 RETURNING id
  ), log AS (
    DELETE FROM tablo_updates USING moved WHERE tablo_updates.tablo_id = moved.id
  )
  INSERT INTO tablo_documents AS d (tablo_id, epoch, state, server_client) SELECT id, $2::integer + 1, $3, $4 FROM moved
  ON CONFLICT (tablo_id) DO UPDATE SET epoch = excluded.epoch, state = excluded.state, server_client = excluded.server_client,
    version = d.version + 1, log_id = 0, updated_at = now()`;

interface Row {
  readonly id: EntryId;
  readonly user_id: UserId;
  readonly first_text: string;
  readonly text: string;
  readonly reply_to: EntryId | null;
  readonly sent: string;
  readonly shown: string;
  readonly digest: string;
  readonly edit_id: EntryId | null;
  readonly edit_sent: string | null;
  readonly edit_shown: string | null;
  readonly edit_digest: string | null;
  readonly reactions: readonly [EntryId, UserId, emoji: string, sent: number, shown: number][] | null;
}

export async function moveTablo(
  client: Pick<PoolClient, 'query'>,
  { tabloId, from }: Writes['moves'][number],
): Promise<void> {
  const seed = createSeed(await readNewest(client, tabloId));
  await client.query({
    name: 'ledger-move',
    text: MOVE,
    values: [tabloId, from, Buffer.from(seed.update), seed.client],
  });
}

/** The newest messages that are not deleted, newest first, as `createSeed` takes them. */
export async function readNewest(client: Pick<PoolClient, 'query'>, tabloId: TabloId): Promise<readonly SeedMessage[]> {
  const { rows } = await client.query<Row>({ name: 'ledger-newest', text: NEWEST, values: [tabloId] });
  return rows.map(toSeedMessage);
}

function toSeedMessage(row: Row): SeedMessage {
  const { id, user_id: author } = row;
  return {
    message: {
      digest: row.digest,
      shownAt: Number(row.shown),
      entry: {
        kind: 'message',
        id,
        author,
        sentAt: Number(row.sent),
        text: row.first_text,
        ...(row.reply_to === null ? {} : { replyTo: row.reply_to }),
      },
    },
    edit:
      row.edit_id === null
        ? null
        : {
            digest: row.edit_digest ?? '',
            shownAt: Number(row.edit_shown),
            entry: { kind: 'edit', id: row.edit_id, author, sentAt: Number(row.edit_sent), target: id, text: row.text },
          },
    reactions: (row.reactions ?? []).map(([entryId, user, emoji, sentAt, shownAt]) => ({
      shownAt,
      entry: { kind: 'reaction', id: entryId, author: user, sentAt, target: id, emoji, on: true },
    })),
  };
}
