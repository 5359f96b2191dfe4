/** Documents on PostgreSQL. Two writers (nodes, a rolling deploy) never overwrite each other: the second one merges. */
import type { DocumentName } from '@tablo/schema/document-name';
import type { EntryId, TabloId } from '@tablo/schema/ids';
import { SEED_MAX_MESSAGES } from '@tablo/schema/limits';
import type { Pool } from 'pg';
import * as Y from 'yjs';
import type { DocumentStore, Snapshot, StoredDocument } from './document-store.ts';

// One statement, so that snapshot and log are of one moment: a compaction in between would hide its rows from both.
// The version is the row's, whatever epoch its state is of.
const LOAD = `SELECT NULL::bigint AS id, NULL::bigint AS last_seq, version, CASE WHEN epoch = $2 THEN state END AS update,
    CASE WHEN epoch = $2 THEN server_client END AS server_client, CASE WHEN epoch = $2 THEN log_id END AS log_id
    FROM tablo_documents WHERE tablo_id = $1
  UNION ALL SELECT id, NULL, NULL, update, NULL, id FROM tablo_updates WHERE tablo_id = $1 AND epoch = $2
  UNION ALL SELECT NULL, last_seq, NULL, NULL, NULL, NULL FROM tablos WHERE id = $1 AND epoch = $2 ORDER BY id NULLS FIRST`;

// A snapshot of another epoch than the live one is nobody's: of an older one, or of a newer one that a partial restore has left. Which one is live was read
// when the statement began: the tablo may be moving in this very moment, and then the row is the next document's. So the version alone says whether it is
// still the row that was looked at; every move raises it.
const SAVE = `WITH live AS (
    SELECT id FROM tablos WHERE id = $1 AND epoch = $2
  ), saved AS (
    INSERT INTO tablo_documents AS d (tablo_id, epoch, state, log_id) SELECT id, $2, $3, $6 FROM live
    ON CONFLICT (tablo_id) DO UPDATE SET epoch = excluded.epoch, state = excluded.state, version = d.version + 1, updated_at = now(),
      server_client = CASE WHEN d.epoch = excluded.epoch THEN d.server_client END,
      log_id = CASE WHEN d.epoch = excluded.epoch THEN greatest(d.log_id, excluded.log_id) ELSE excluded.log_id END
      WHERE d.version = $4
    RETURNING version
  ), gone AS (
    DELETE FROM tablo_updates WHERE tablo_id = $1 AND epoch = $2 AND id = ANY($5::bigint[]) AND EXISTS (SELECT FROM saved)
  )
  SELECT (SELECT count(*) FROM live)::int AS live, (SELECT version FROM saved) AS version`;

const FIRST_OF_NEWEST = `SELECT id FROM (
    SELECT id, created_at FROM messages WHERE channel_id = $1 AND deleted_at IS NULL ORDER BY created_at DESC, id DESC LIMIT ${SEED_MAX_MESSAGES}
  ) n ORDER BY created_at, id LIMIT 1`;

export class PgDocumentStore implements DocumentStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async load({ tabloId, epoch }: DocumentName): Promise<StoredDocument> {
    type Row = {
      id: string | null;
      last_seq: string | null;
      version: string | null;
      update: Buffer | null;
      server_client: string | null;
      log_id: string | null;
    };
    const { rows } = await this.#pool.query<Row>({ name: 'document-load', text: LOAD, values: [tabloId, epoch] });
    const serverClient = rows.find(({ server_client }) => server_client !== null)?.server_client ?? null;
    const lastSeq = rows.find(({ last_seq }) => last_seq !== null)?.last_seq ?? null;
    const updates = rows.flatMap(({ update }) => (update === null ? [] : [new Uint8Array(update)]));
    return {
      isLive: lastSeq !== null,
      state: updates.length === 0 ? null : updates.length === 1 && updates[0] ? updates[0] : Y.mergeUpdates(updates),
      version: BigInt(rows.find(({ version }) => version !== null)?.version ?? 0),
      logIds: rows.flatMap(({ id }) => (id === null ? [] : [BigInt(id)])),
      head: rows.reduce((head, { log_id }) => (log_id === null || BigInt(log_id) < head ? head : BigInt(log_id)), 0n),
      lastSeq: Number(lastSeq ?? 0),
      serverClient: serverClient === null ? null : Number(serverClient),
      firstOfNewest: epoch > 1 && serverClient === null ? await this.#findFirstOfNewest(tabloId) : null,
    };
  }

  async #findFirstOfNewest(tabloId: TabloId): Promise<EntryId | null> {
    const query = { name: 'document-first-of-newest', text: FIRST_OF_NEWEST, values: [tabloId] };
    return (await this.#pool.query<{ id: EntryId }>(query)).rows[0]?.id ?? null;
  }

  async save(name: DocumentName, snapshot: Snapshot): Promise<bigint | null> {
    let { state, version } = snapshot;
    for (;;) {
      type Row = { live: number; version: string | null };
      const { rows } = await this.#pool.query<Row>({
        name: 'document-save',
        text: SAVE,
        values: [
          name.tabloId,
          name.epoch,
          Buffer.from(state),
          version.toString(),
          snapshot.logIds.map(String),
          snapshot.head.toString(),
        ],
      });
      if (rows[0]?.live !== 1) return null;
      if (rows[0].version !== null) return BigInt(rows[0].version);
      // Somebody else has written since. Yjs merges are exact and idempotent: theirs and ours together lose nothing.
      const theirs = await this.load(name);
      if (theirs.state !== null) state = Y.mergeUpdates([theirs.state, state]);
      version = theirs.version;
    }
  }
}
