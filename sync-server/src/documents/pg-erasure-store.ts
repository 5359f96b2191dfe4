/** Erasures on PostgreSQL. Every statement touches a bounded number of rows, so that none is ever in another's way for long. */
import type { DocumentName } from '@tablo/schema/document-name';
import type { TabloId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import type { ErasureStore } from './erasure-store.ts';

const MESSAGES_A_PORTION = 100;
const ROWS_A_PORTION = 1_000;
const DOCUMENTS_A_LOOK = 500;

// Nothing new has to be removed later: an entry that comes after the deletion is stored without its text.
const REMOVE = `WITH due AS (
    SELECT message_id FROM tablo_erasures WHERE NOT rows_removed ORDER BY asked_at, message_id LIMIT ${MESSAGES_A_PORTION}
  ), texts AS (
    UPDATE message_edits SET text = '' WHERE id IN (
      SELECT e.id FROM due JOIN message_edits e USING (message_id) WHERE e.text <> '' LIMIT ${ROWS_A_PORTION}) RETURNING message_id
  ), reactions AS (
    DELETE FROM message_reactions WHERE (message_id, user_id, emoji) IN (
      SELECT r.message_id, r.user_id, r.emoji FROM due JOIN message_reactions r USING (message_id) LIMIT ${ROWS_A_PORTION}) RETURNING message_id
  ), votes AS (
    DELETE FROM tablo_votes WHERE (message_id, user_id, emoji) IN (
      SELECT v.message_id, v.user_id, v.emoji FROM due JOIN tablo_votes v USING (message_id) LIMIT ${ROWS_A_PORTION}) RETURNING message_id
  ), kinds AS (
    DELETE FROM tablo_reaction_kinds USING due WHERE tablo_reaction_kinds.message_id = due.message_id
  ), touched AS (
    SELECT message_id FROM texts UNION SELECT message_id FROM reactions UNION SELECT message_id FROM votes
  )
  UPDATE tablo_erasures e SET rows_removed = true FROM due
  WHERE e.message_id = due.message_id AND (SELECT count(*) FROM touched) = 0
  RETURNING e.message_id`;

const LEFT = `SELECT EXISTS (SELECT FROM tablo_erasures WHERE NOT rows_removed) AS is_left`;

const DOCUMENTS = `SELECT t.id, t.epoch, min(e.asked_at) AS asked_at FROM tablo_erasures e JOIN tablos t ON t.id = e.tablo_id AND t.epoch <= e.epoch
  GROUP BY t.id HAVING min(e.asked_at) < now() - $1 * interval '1 ms' ORDER BY asked_at LIMIT ${DOCUMENTS_A_LOOK}`;

const END_CLOSED = `SELECT tablo_private.end_closed(${ROWS_A_PORTION}) AS done`;

const FORGET = `DELETE FROM tablo_erasures WHERE message_id IN (
    SELECT e.message_id FROM tablo_erasures e JOIN tablos t ON t.id = e.tablo_id AND t.epoch > e.epoch WHERE e.rows_removed LIMIT ${ROWS_A_PORTION})`;

export class PgErasureStore implements ErasureStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async removeRows(): Promise<boolean> {
    await this.#pool.query(REMOVE);
    const { rows } = await this.#pool.query<{ is_left: boolean }>(LEFT);
    return rows[0]?.is_left ?? false;
  }

  async findDocuments(ageMs: number): Promise<readonly DocumentName[]> {
    const { rows } = await this.#pool.query<{ id: TabloId; epoch: number }>(DOCUMENTS, [ageMs]);
    return rows.map(({ id, epoch }) => ({ tabloId: id, epoch }));
  }

  async endMemberships(): Promise<boolean> {
    const { rows } = await this.#pool.query<{ done: string }>(END_CLOSED);
    return Number(rows[0]?.done ?? 0) > 0;
  }

  async forgetDone(): Promise<boolean> {
    const { rowCount } = await this.#pool.query(FORGET);
    return rowCount === ROWS_A_PORTION;
  }
}
