/** Drafts, by member and tablo. Which of two stands is `laterDraftSql` of the schema. */
import { type DraftText, isLaterDraft, laterDraftSql } from '@tablo/schema/draft';
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { RestDraft } from '@tablo/schema/rest/draft';
import { err, ok, type Result } from '@tablo/schema/result';
import type { Pool } from 'pg';
import type { DraftReader } from '../../access/members/draft-reader.ts';
import { type RestRefusal, refusal } from '../base/app-error.ts';
import { toIso } from '../base/rest-time.ts';
import { GatheredWrites, lockPatience } from './gathered-writes.ts';
import { OWN_TABLOS } from './pg-unread.ts';

/** UTF-8 bytes of all drafts of a user: a trigger sees to it (`tablo_private.bound_drafts`), and `GET /chat/drafts` answers no more, whatever was there before it. */
const DRAFTS_MAX_BYTES = 4 * 1024 * 1024;
/** What the trigger names. */
const ROOM_CONSTRAINT = 'channel_drafts_room';

// A report that changes nothing writes nothing, so nobody is notified of it.
const PUT = `INSERT INTO channel_drafts AS d (user_id, channel_id, text, updated_at)
  SELECT o.user_id, t.id, o.text, tablo_private.from_ms(o.at)
    FROM ${lockPatience('$5')}, unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[]) AS o (user_id, tablo_id, text, at) JOIN tablos t ON t.id = o.tablo_id
    ORDER BY o.user_id, t.id
  ON CONFLICT (user_id, channel_id) DO UPDATE SET text = EXCLUDED.text, updated_at = EXCLUDED.updated_at
  WHERE ${laterDraftSql('EXCLUDED', 'd')}`;

const OWN = `SELECT s.id, d.text, tablo_private.to_ms(d.updated_at) AS at FROM (${OWN_TABLOS}) s
  JOIN channel_drafts d ON d.channel_id = s.id AND d.user_id = $1`;

// Of more than there may be, the newest; what is empty takes no room.
const LIST = `SELECT own.id, own.text, own.at FROM (
    SELECT own.*, sum(octet_length(own.text)) OVER (ORDER BY own.at DESC, own.id) AS bytes FROM (${OWN}) own
  ) own WHERE own.bytes <= ${DRAFTS_MAX_BYTES} OR own.text = '' ORDER BY own.id`;

const TOO_MUCH = refusal('too-large', 'Your drafts are too long together; this one stays on its device.');

interface Put extends DraftText {
  readonly userId: UserId;
  readonly tabloId: TabloId;
}

interface Row {
  readonly id: TabloId;
  readonly text: string;
  readonly at: string;
}

const toRest = ({ id, text, at }: Row): RestDraft => ({ channel_id: id, text, updated_at: toIso(at) });

export class PgDrafts implements DraftReader {
  readonly #pool: Pool;
  readonly #puts: GatheredWrites<Put>;

  constructor(pool: Pool) {
    this.#pool = pool;
    this.#puts = new GatheredWrites<Put>({
      keyOf: ({ userId, tabloId }) => `${userId} ${tabloId}`,
      merge: (left, right) => (isLaterDraft(right, left) ? right : left),
      write: async (puts, lockMs = 0) => {
        const values = [
          puts.map(({ userId }) => userId),
          puts.map(({ tabloId }) => tabloId),
          puts.map(({ text }) => text),
          puts.map(({ at }) => at),
          String(lockMs),
        ];
        await pool.query({ name: 'drafts-put', text: PUT, values });
      },
    });
  }

  /** The current draft afterwards. `null`: the tablo is not the user's any more. */
  async put(userId: UserId, tabloId: TabloId, { text, at }: DraftText): Promise<Result<RestDraft | null, RestRefusal>> {
    try {
      await this.#puts.write({ userId, tabloId, text, at });
    } catch (error) {
      if ((error as { constraint?: unknown }).constraint === ROOM_CONSTRAINT) return err(TOO_MUCH);
      throw error;
    }
    const row = await this.#find(userId, tabloId);
    return ok(row === null ? null : toRest(row));
  }

  /** Of the tablos that the user belongs to; empty ones too, since a device may hold an older text. */
  async list(userId: UserId): Promise<RestDraft[]> {
    const { rows } = await this.#pool.query<Row>({ name: 'drafts', text: LIST, values: [userId] });
    return rows.map(toRest);
  }

  async find(userId: UserId, tabloId: TabloId): Promise<DraftText | null> {
    const row = await this.#find(userId, tabloId);
    return row === null ? null : { text: row.text, at: Number(row.at) };
  }

  async #find(userId: UserId, tabloId: TabloId): Promise<Row | null> {
    const query = { name: 'draft', text: `${OWN} WHERE s.id = $2`, values: [userId, tabloId] };
    return (await this.#pool.query<Row>(query)).rows[0] ?? null;
  }
}
