/**
 * What waits to be delivered, and whose turn it is. A tablo's events of an endpoint are delivered by one holder at a time, who says so in `webhook_turns` and is
 * taken to be gone when it has not said so again for `LEASE_MS`; so several servers share the work, and the order within a tablo holds.
 */
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { WebhookEvent } from '@tablo/schema/rest/webhook';
import type { Role } from '@tablo/schema/roles';
import type { Pool } from 'pg';

/** More than one attempt may take, with what comes before and after. */
const LEASE_MS = 15_000;
export const KEPT_DAYS = 3;
/** Of all endpoints together; beyond it the oldest are given up. */
export const KEPT_EVENTS = 1_000_000;
const PORTION = 1_000;
/** Counting further would cost more than it says. */
export const COUNTED_MAX = 10_000;
const FORGOTTEN_AFTER = `interval '1 hour'`;

const REGISTER = `INSERT INTO tablo_private.webhook_endpoints AS e (url, events) VALUES ($1, $2)
  ON CONFLICT (url) DO UPDATE SET events = excluded.events, seen_at = now() RETURNING id`;
const FORGET = `DELETE FROM tablo_private.webhook_endpoints WHERE seen_at < now() - ${FORGOTTEN_AFTER} RETURNING id`;

// From tablo to tablo along the index, however many events each has.
const WAITING = `WITH RECURSIVE heads AS (
    (SELECT e.tablo_id, 1 AS nth FROM tablo_private.webhook_events e WHERE e.endpoint_id = $1 AND e.tablo_id > $2 ORDER BY e.tablo_id LIMIT 1)
    UNION ALL
    SELECT n.tablo_id, h.nth + 1 FROM heads h CROSS JOIN LATERAL (
      SELECT e.tablo_id FROM tablo_private.webhook_events e WHERE e.endpoint_id = $1 AND e.tablo_id > h.tablo_id ORDER BY e.tablo_id LIMIT 1
    ) n WHERE h.nth < $3
  )
  SELECT h.tablo_id, t.next_at IS NULL OR t.next_at <= now() AS is_due, coalesce(t.attempts, 0) AS failures FROM heads h
  LEFT JOIN tablo_private.webhook_turns t ON t.endpoint_id = $1 AND t.tablo_id = h.tablo_id ORDER BY h.tablo_id`;

const TAKE = `INSERT INTO tablo_private.webhook_turns AS t (endpoint_id, tablo_id, holder, next_at)
  VALUES ($1, $2, $3, now() + interval '${LEASE_MS} ms')
  ON CONFLICT (endpoint_id, tablo_id) DO UPDATE SET holder = excluded.holder, next_at = excluded.next_at WHERE t.next_at <= now()`;
const HELD = 'WHERE endpoint_id = $1 AND tablo_id = $2 AND holder = $3';
// What was delivered goes, and the next one comes, for as long as the turn is held.
const ADVANCE = `WITH held AS (
    UPDATE tablo_private.webhook_turns SET next_at = now() + interval '${LEASE_MS} ms',
      attempts = CASE WHEN $4::bigint IS NULL THEN attempts ELSE 0 END, last_error = CASE WHEN $4::bigint IS NULL THEN last_error END
    ${HELD} RETURNING attempts
  ), done AS (
    DELETE FROM tablo_private.webhook_events WHERE id = $4 AND EXISTS (SELECT FROM held)
  )
  SELECT held.attempts, e.id, e.event_id, e.type, e.message_id, e.user_id, e.seq, e.role, tablo_private.to_ms(e.created_at) AS ms
  FROM held LEFT JOIN LATERAL (
    SELECT * FROM tablo_private.webhook_events w WHERE w.endpoint_id = $1 AND w.tablo_id = $2 AND w.id IS DISTINCT FROM $4 ORDER BY w.id LIMIT 1
  ) e ON true`;
const END = `DELETE FROM tablo_private.webhook_turns ${HELD}`;
const PASS_ON = `UPDATE tablo_private.webhook_turns SET holder = NULL, next_at = now() ${HELD}`;
const FAIL = `UPDATE tablo_private.webhook_turns SET holder = NULL, attempts = attempts + 1, last_error = $5, next_at = now() + $4 * interval '1 ms' ${HELD}`;

// The oldest come first, so a look at a few says whether there is anything to give up.
const GIVE_UP = `DELETE FROM tablo_private.webhook_events WHERE id IN (
    SELECT old.id FROM (
      SELECT w.id, w.endpoint_id, w.created_at FROM tablo_private.webhook_events w ORDER BY w.id LIMIT ${PORTION} FOR UPDATE SKIP LOCKED
    ) old
    WHERE old.created_at < now() - interval '${KEPT_DAYS} days' OR old.id <= $1
      OR NOT EXISTS (SELECT FROM tablo_private.webhook_endpoints e WHERE e.id = old.endpoint_id)
  )`;
// Their numbers count what was delivered as well, so they only say when it is worth while to count what waits.
const BEYOND = `SELECT CASE WHEN max(id) - min(id) < $1::bigint THEN 0
    ELSE coalesce((SELECT w.id FROM tablo_private.webhook_events w ORDER BY w.id DESC OFFSET $1 LIMIT 1), 0) END AS id FROM tablo_private.webhook_events`;
const END_OLD_TURNS = `DELETE FROM tablo_private.webhook_turns t WHERE t.next_at < now() - interval '1 day'`;
const BACKLOG = `SELECT (SELECT count(*)::integer FROM (SELECT FROM tablo_private.webhook_events LIMIT ${COUNTED_MAX}) counted) AS waiting,
  coalesce((SELECT extract(epoch FROM now() - w.created_at)::float8 FROM tablo_private.webhook_events w ORDER BY w.id LIMIT 1), 0) AS oldest_s`;

interface WaitingTablo {
  readonly tabloId: TabloId;
  readonly isDue: boolean;
  /** One after another, of its first event. */
  readonly failures: number;
}

export interface Turn {
  readonly endpointId: number;
  readonly tabloId: TabloId;
  /** Drawn anew for every turn. */
  readonly holder: string;
}

export interface WaitingEvent {
  readonly id: string;
  readonly eventId: string;
  readonly type: WebhookEvent;
  readonly messageId: EntryId | null;
  readonly userId: UserId;
  readonly seq: number | null;
  readonly role: Role | null;
  /** ms since the Unix epoch. */
  readonly at: number;
}

interface EventRow {
  readonly attempts: number;
  readonly id: string | null;
  readonly event_id: string;
  readonly type: WebhookEvent;
  readonly message_id: EntryId | null;
  readonly user_id: UserId;
  readonly seq: string | null;
  readonly role: Role | null;
  readonly ms: string;
}

export class PgWebhooks {
  readonly #pool: Pool;
  readonly #keptEvents: number;

  /** `keptEvents`: tests cannot wait for a million. */
  constructor(pool: Pool, keptEvents = KEPT_EVENTS) {
    this.#pool = pool;
    this.#keptEvents = keptEvents;
  }

  /** From now on, what happens is noted for it. */
  async register(url: string, events: readonly string[]): Promise<number> {
    const { rows } = await this.#pool.query<{ id: number }>(REGISTER, [url, events]);
    return rows[0]?.id ?? 0;
  }

  /** Endpoints that no server has named for an hour; how many. */
  async forget(): Promise<number> {
    return (await this.#pool.query(FORGET)).rowCount ?? 0;
  }

  /** Tablos that have something for the endpoint, after `after`, by their ids. */
  async waiting(endpointId: number, after: string, limit: number): Promise<readonly WaitingTablo[]> {
    const { rows } = await this.#pool.query<{ tablo_id: TabloId; is_due: boolean; failures: number }>({
      name: 'webhooks-waiting',
      text: WAITING,
      values: [endpointId, after, limit],
    });
    return rows.map(({ tablo_id, is_due, failures }) => ({ tabloId: tablo_id, isDue: is_due, failures }));
  }

  /** False: somebody else has it, or it has to wait. */
  async take({ endpointId, tabloId, holder }: Turn): Promise<boolean> {
    const { rowCount } = await this.#pool.query(TAKE, [endpointId, tabloId, holder]);
    return rowCount !== 0;
  }

  /** `done`: was delivered. null: the turn is somebody else's by now. */
  async advance(
    { endpointId, tabloId, holder }: Turn,
    done: string | null,
  ): Promise<{ readonly attempts: number; readonly event: WaitingEvent | null } | null> {
    const { rows } = await this.#pool.query<EventRow>({
      name: 'webhooks-advance',
      text: ADVANCE,
      values: [endpointId, tabloId, holder, done],
    });
    const [row] = rows;
    if (row === undefined) return null;
    return { attempts: row.attempts, event: row.id === null ? null : toEvent({ ...row, id: row.id }) };
  }

  /** Nothing is left. */
  async end(turn: Turn): Promise<void> {
    await this.#pool.query(END, valuesOf(turn));
  }

  /** Something is left, and others come first. */
  async passOn(turn: Turn): Promise<void> {
    await this.#pool.query(PASS_ON, valuesOf(turn));
  }

  async fail(turn: Turn, waitMs: number, reason: string): Promise<void> {
    await this.#pool.query(FAIL, [...valuesOf(turn), Math.round(waitMs), reason]);
  }

  /** Removes what is too old, too much, or nobody's; how many events. */
  async giveUp(): Promise<number> {
    const { rows } = await this.#pool.query<{ id: string | null }>(BEYOND, [this.#keptEvents]);
    const upTo = Number(rows[0]?.id ?? 0);
    let all = 0;
    for (let some = PORTION; some === PORTION; all += some)
      some = (await this.#pool.query(GIVE_UP, [upTo])).rowCount ?? 0;
    await this.#pool.query(END_OLD_TURNS);
    return all;
  }

  /** How many events wait, counted up to `COUNTED_MAX`, and for how long the oldest does. */
  async readBacklog(): Promise<{ readonly waiting: number; readonly oldestS: number }> {
    const { rows } = await this.#pool.query<{ waiting: number; oldest_s: number }>(BACKLOG);
    return { waiting: rows[0]?.waiting ?? 0, oldestS: rows[0]?.oldest_s ?? 0 };
  }
}

const valuesOf = ({ endpointId, tabloId, holder }: Turn) => [endpointId, tabloId, holder];

const toEvent = (row: EventRow & { readonly id: string }): WaitingEvent => ({
  id: row.id,
  eventId: row.event_id,
  type: row.type,
  messageId: row.message_id,
  userId: row.user_id,
  seq: row.seq === null ? null : Number(row.seq),
  role: row.role,
  at: Number(row.ms),
});
