/**
 * Claims in PostgreSQL. All claims that come while one statement runs go into the next one: a reconnect of everybody costs a few statements, and one
 * connection at a time.
 */
import type { Pool } from '../db/pool.ts';
import { type Claim, type ClaimOutcome, type ClientClaims, MAX_CLAIMS_PER_USER } from './client-claims.ts';

const BATCH_MAX = 500;
/** Never more than this wait for their turn: while the database is slow, presence is not worth the memory. */
const MAX_WAITING = 10_000;
/** Rows of past epochs that each statement deletes, in the tablos of its claims. */
const FORGOTTEN_AT_ONCE = 1_000;

// The bound is looked at in the statement's own snapshot: of claims that come at once, a batch's worth may be too many.
const CLAIM = `WITH asked AS (
    SELECT * FROM json_to_recordset($1) AS r("tabloId" uuid, epoch integer, client bigint, "userId" uuid)
  ), unknown AS (
    SELECT a.* FROM asked a WHERE NOT EXISTS (
      SELECT FROM tablo_clients c WHERE c.tablo_id = a."tabloId" AND c.epoch = a.epoch AND c.client_id = a.client)
  ), full_users AS (
    SELECT u."tabloId", u.epoch, u."userId" FROM (SELECT DISTINCT "tabloId", epoch, "userId" FROM unknown) AS u
    WHERE (SELECT count(*) FROM (SELECT FROM tablo_clients c
      WHERE c.tablo_id = u."tabloId" AND c.epoch = u.epoch AND c.user_id = u."userId" LIMIT $2) AS claimed) >= $2
  )
  INSERT INTO tablo_clients (tablo_id, epoch, client_id, user_id)
  SELECT "tabloId", epoch, client, "userId" FROM unknown u WHERE NOT EXISTS (
    SELECT FROM full_users f WHERE f."tabloId" = u."tabloId" AND f.epoch = u.epoch AND f."userId" = u."userId")
  ORDER BY "tabloId", epoch, client
  ON CONFLICT DO NOTHING RETURNING tablo_id, epoch, client_id::text, user_id`;
// A statement of its own: it sees what others committed while ours waited for them.
const OWNERS = `SELECT c.tablo_id, c.epoch, c.client_id::text, c.user_id
  FROM json_to_recordset($1) AS a("tabloId" uuid, epoch integer, client bigint)
  JOIN tablo_clients c ON c.tablo_id = a."tabloId" AND c.epoch = a.epoch AND c.client_id = a.client`;
const FORGET = `DELETE FROM tablo_clients WHERE ctid = ANY (ARRAY(
  SELECT c.ctid FROM json_to_recordset($1) AS a("tabloId" uuid, epoch integer)
  JOIN tablos t ON t.id = a."tabloId" JOIN tablo_clients c ON c.tablo_id = t.id AND c.epoch < t.epoch LIMIT ${FORGOTTEN_AT_ONCE}))`;

interface Waiting {
  readonly claim: Claim;
  readonly resolve: (outcome: ClaimOutcome) => void;
  readonly reject: (error: unknown) => void;
}

interface OwnerRow {
  readonly tablo_id: string;
  readonly epoch: number;
  readonly client_id: string;
  readonly user_id: string;
}

interface Stored {
  readonly owners: ReadonlyMap<string, string>;
  readonly added: Set<string>;
}

export class PgClientClaims implements ClientClaims {
  readonly #pool: Pool;
  readonly #maxPerUser: number;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(pool: Pool, maxPerUser = MAX_CLAIMS_PER_USER) {
    this.#pool = pool;
    this.#maxPerUser = maxPerUser;
  }

  claim(claim: Claim): Promise<ClaimOutcome> {
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(new Error('Too many claims wait.'));
    const { promise, resolve, reject } = Promise.withResolvers<ClaimOutcome>();
    this.#waiting.push({ claim, resolve, reject });
    void this.#run();
    return promise;
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.#waiting.splice(0, BATCH_MAX);
      try {
        const { owners, added } = await this.#store(batch.map(({ claim }) => claim));
        for (const { claim, resolve } of batch) {
          const key = keyOf(claim);
          const outcome = outcomeOf(claim, owners.get(key));
          // The first who asked for it in this batch.
          resolve(outcome === 'mine' && added.delete(key) ? 'new' : outcome);
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#isRunning = false;
  }

  async #store(claims: readonly Claim[]): Promise<Stored> {
    // For each clientID the first request wins: within a statement the rows have no order.
    const first = new Map(claims.toReversed().map((claim) => [keyOf(claim), claim]));
    const asked = JSON.stringify([...first.values()]);
    const added = await this.#pool.query<OwnerRow>({
      name: 'claims-add',
      text: CLAIM,
      values: [asked, this.#maxPerUser],
    });
    const { rows } = await this.#pool.query<OwnerRow>({ name: 'claims-owners', text: OWNERS, values: [asked] });
    // Each statement deletes as many old rows as it may add.
    if (added.rows.length > 0) await this.#pool.query({ name: 'claims-forget', text: FORGET, values: [asked] });
    return {
      owners: new Map(rows.map((row) => [keyOfRow(row), row.user_id])),
      added: new Set(added.rows.map(keyOfRow)),
    };
  }
}

const keyOfRow = (row: OwnerRow): string => `${row.tablo_id} ${row.epoch} ${row.client_id}`;
const keyOf = ({ tabloId, epoch, client }: Claim): string => `${tabloId} ${epoch} ${client}`;

function outcomeOf({ userId }: Claim, owner: string | undefined): ClaimOutcome {
  if (owner === undefined) return 'too-many';
  return owner === userId ? 'mine' : 'taken';
}
