/** The short way on PostgreSQL: `tablo_private.commit_messages` (0017) locks, looks, writes and commits in one statement. */
import type { Message } from '@tablo/schema/entry';
import type { Pool } from 'pg';
import { QUERY_CANCELED } from '../../base/sqlstates.ts';
import {
  type Assumed,
  type AssumedResult,
  type AssumedStore,
  UnansweredStatementError,
  type Written,
  type Wrong,
} from './assumed.ts';
import { BlockedError, type EntryWrite } from './ledger-store.ts';

const COMMIT = `SELECT wrong, log_ids FROM tablo_private.commit_messages(
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`;

// The rows' locks wait for a statement that is still at work. One that has not begun finds another head than it was told, whenever it begins: an empty row in the log is enough.
const SETTLE = `WITH its AS (
    SELECT id, epoch FROM tablos WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE
  )
  INSERT INTO tablo_updates (tablo_id, epoch, update) SELECT id, epoch, '\\x0000' FROM its`;
// What it wrote would stand right above the head that it was told. The same bytes there, from whichever server, are the same rows: what a server makes up has its own clientIDs.
const FIND = `SELECT d.nth, l.id, l.update FROM unnest($1::uuid[], $2::integer[], $3::bigint[], $4::integer[]) WITH ORDINALITY AS d (tablo, epoch, head, rows, nth)
  CROSS JOIN LATERAL (
    SELECT u.id, u.update FROM tablo_updates u WHERE u.tablo_id = d.tablo AND u.epoch = d.epoch AND u.id > d.head ORDER BY u.id LIMIT d.rows
  ) l ORDER BY d.nth, l.id`;

interface Row {
  readonly wrong: readonly (Wrong | null)[];
  readonly log_ids: readonly string[] | null;
}

type MessageWrite = EntryWrite & { readonly entry: Message };

export class PgAssumedStore implements AssumedStore {
  readonly #pool: Pool;
  readonly #patient: Pool;

  /** `pool`: its statements are given no more than a shared transaction may take. `patient`: waits for what such a statement holds. */
  constructor(pool: Pool, patient: Pool) {
    this.#pool = pool;
    this.#patient = patient;
    // A connection's plans are made before its first commit, which would have no time for it. Whatever is wrong, that commit finds out.
    pool.on('connect', (client) => void client.query(queryOf([])).catch(() => {}));
  }

  async commit(all: readonly Assumed[]): Promise<AssumedResult> {
    const client = await this.#pool.connect();
    let failure: Error | undefined;
    try {
      const { rows } = await client.query<Row>(queryOf(all));
      return resultOf(all, rows[0]);
    } catch (error) {
      if (isAnswer(error)) return refusedAs(all, error);
      failure = error as Error;
      throw new UnansweredStatementError(failure, () => this.#settle(all));
    } finally {
      client.release(failure);
    }
  }

  async #settle(all: readonly Assumed[]): Promise<Written> {
    const tablos = all.map(({ document }) => document.tabloId);
    await this.#patient.query(SETTLE, [tablos]);
    const { rows } = await this.#patient.query<{ nth: string; id: string; update: Buffer }>(FIND, [
      tablos,
      all.map(({ document }) => document.epoch),
      all.map(({ document }) => String(document.head)),
      all.map(({ writes }) => writes.updates.length),
    ]);
    const found = Map.groupBy(rows, ({ nth }) => Number(nth) - 1);
    return new Map(
      all.flatMap((one, nth) => {
        const own = found.get(nth) ?? [];
        const isIts = one.writes.updates.every(({ update }, at) => own[at]?.update.equals(update) === true);
        return isIts ? [[one, own.map(({ id }) => BigInt(id))] as const] : [];
      }),
    );
  }
}

const queryOf = (all: readonly Assumed[]) => ({ name: 'ledger-assumed', text: COMMIT, values: parametersOf(all) });

/** The statement has failed and was rolled back, and its connection lives on. */
const isAnswer = (error: unknown): boolean => (error as { severity?: unknown }).severity === 'ERROR';

function refusedAs(all: readonly Assumed[], error: unknown): AssumedResult {
  if ((error as { code?: unknown }).code === QUERY_CANCELED)
    throw new BlockedError((error as Error).message, { cause: error });
  return { written: new Map(), wrong: new Map(all.map((one) => [one, 'row'])) };
}

function resultOf(all: readonly Assumed[], row: Row | undefined): AssumedResult {
  const written = new Map<Assumed, readonly bigint[]>();
  const wrong = new Map<Assumed, Wrong>();
  let at = 0;
  for (const [nth, one] of all.entries()) {
    const reason = row?.wrong[nth] ?? null;
    if (reason !== null) {
      wrong.set(one, reason);
      continue;
    }
    const end = at + one.writes.updates.length;
    written.set(one, (row?.log_ids ?? []).slice(at, end).map(BigInt));
    at = end;
  }
  return { written, wrong };
}

/** Columns; `of` says by its number to which tablo of the first four a row belongs. */
function parametersOf(all: readonly Assumed[]): unknown[] {
  const entries = all.flatMap(({ writes }, nth) =>
    writes.entries.map((one) => ({ ...(one as MessageWrite), of: nth + 1 })),
  );
  const authors = all.flatMap(({ authors: own }, nth) => own.map((author) => ({ author, of: nth + 1 })));
  const updates = all.flatMap(({ writes }, nth) => writes.updates.map(({ update }) => ({ update, of: nth + 1 })));
  return [
    all.map(({ document }) => document.tabloId),
    all.map(({ document }) => document.epoch),
    all.map(({ document }) => String(document.head)),
    all.map(({ document }) => document.lastSeq),
    authors.map(({ of }) => of),
    authors.map(({ author }) => author),
    entries.map(({ of }) => of),
    entries.map(({ entry }) => entry.id),
    entries.map(({ entry }) => entry.author),
    entries.map(({ entry }) => entry.text),
    entries.map(({ entry }) => entry.replyTo ?? null),
    entries.map(({ entry }) => entry.sentAt),
    entries.map(({ receivedAt }) => receivedAt),
    entries.map(({ shownAt }) => shownAt),
    entries.map(({ digest }) => Buffer.from(digest, 'hex')),
    entries.map(({ seq }) => seq),
    all.map(({ document, writes }) => document.lastSeq + writes.entries.length),
    updates.map(({ of }) => of),
    updates.map(({ update }) => Buffer.from(update)),
  ];
}
