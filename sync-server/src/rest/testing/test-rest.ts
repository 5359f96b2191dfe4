/** REST on a fresh database, for tests: tokens are user ids, and messages go straight into their table. */
import { randomUUID } from 'node:crypto';
import { createRefusal } from '@tablo/schema/close-codes';
import { createEntryId, isUserId, type TabloId, type UserId } from '@tablo/schema/ids';
import { err, ok } from '@tablo/schema/result';
import type { Role } from '@tablo/schema/roles';
import { Limits } from '../../access/limits/limits.ts';
import { PgMembership } from '../../access/members/pg-membership.ts';
import { PgProfiles } from '../../access/members/pg-profiles.ts';
import type { TokenVerifier } from '../../access/tokens/token-verifier.ts';
import { silentLog } from '../../base/log.ts';
import { RefusedPages } from '../../base/refused-pages.ts';
import { parseConfig } from '../../config/config.ts';
import type { LimitSettings } from '../../config/limit-settings.ts';
import { REST_BOUNDS, type RestBounds } from '../../config/rest-bounds.ts';
import { createPool } from '../../db/pool.ts';
import { openTestDatabase } from '../../db/testing/test-database.ts';
import { addTablo } from '../../testing/add-tablo.ts';
import { createRest, type RestDeps } from '../create-rest.ts';
import type { MessagePoster } from '../message-poster.ts';
import { createRestStores } from '../stores/pg-stores.ts';

type Pool = ReturnType<typeof createPool>;

export const newUser = (): UserId => randomUUID() as UserId;
export const newTablo = (): TabloId => randomUUID() as TabloId;

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a body.
  readonly body: any;
  readonly headers: Headers;
}

type Changed = Partial<Omit<RestDeps, 'settings'>> & {
  readonly settings?: Partial<RestDeps['settings']>;
  readonly bounds?: Partial<RestBounds>;
  /** What the routes reach the database by; a test may count or explain what they ask. */
  readonly wrap?: (pool: Pool) => Pool;
};

export async function openTestRest({ settings, bounds, wrap = (pool) => pool, ...changed }: Changed = {}) {
  const database = await openTestDatabase();
  const pool = createPool(database.url);
  const profiles = new PgProfiles(pool, silentLog);
  const all = {
    publicUrl: 'https://chat.example',
    trustProxy: false,
    allowedOrigins: ['https://app.example'],
    ...settings,
  };
  const app = createRest({
    stores: createRestStores(wrap(pool), { ...REST_BOUNDS, ...bounds }),
    verifier: userIdVerifier,
    membership: new PgMembership(wrap(pool)),
    profiles,
    poster: new TablePoster(pool),
    identity: null,
    refusedPages: new RefusedPages(all, silentLog),
    limits: new Limits(defaultLimitSettings()),
    hasDocs: true,
    health: null,
    settings: all,
    log: silentLog,
    ...changed,
  });

  /** `body` undefined: none; a string: as it is. */
  const call = async (
    user: UserId | null,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> => {
    const response = await app.request(path, {
      method,
      headers: { ...(user === null ? {} : { authorization: `Bearer ${user}` }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text };
  };

  /** A tablo with one member a role named. */
  const createTablo = (members: Readonly<Record<string, Role>> = {}): Promise<TabloId> =>
    addTablo(pool, members, { name: 'Plans' });

  const close = async () => {
    await profiles.settled();
    await pool.end();
    await database.close();
  };
  return { url: database.url, app, pool, profiles, call, createTablo, close };
}

export type TestRest = Awaited<ReturnType<typeof openTestRest>>;

const userIdVerifier: TokenVerifier = {
  remembers: () => true,
  async verify(token) {
    if (token === 'expired') return err('token-expired');
    if (token === 'keys-away') return err('unavailable');
    if (!isUserId(token)) return err('unauthenticated');
    const name = `User ${token.slice(0, 4)}`;
    return ok({ userId: token, name, email: `${name}@example.org`, avatarUrl: null, expiresAt: Date.now() + 60_000 });
  },
};

class TablePoster implements MessagePoster {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async post({ tabloId, userId, id, text, replyTo }: Parameters<MessagePoster['post']>[0]) {
    const { rows } = await this.#pool.query('SELECT user_id, text FROM messages WHERE id = $1', [id]);
    const known = rows[0];
    if (known !== undefined && id !== null) {
      return known.user_id === userId && known.text === text.trim()
        ? ok({ id, isNew: false })
        : err(createRefusal('duplicate-id'));
    }
    const given = id ?? createEntryId();
    await insertMessage(this.#pool, { id: given, tablo: tabloId, user: userId, text: text.trim(), replyTo });
    return ok({ id: given, isNew: true });
  }

  /** What changes a message is the ledger's: tests of that have the whole server. */
  async change() {
    return err(createRefusal('unavailable'));
  }
}

/** Where no setting says otherwise. */
export function defaultLimitSettings(): LimitSettings {
  const config = parseConfig({});
  if (!config.ok) throw new Error(config.error);
  return config.value.limits;
}

interface GivenMessage {
  readonly id?: string;
  readonly tablo: TabloId;
  readonly user: UserId;
  readonly text?: string;
  /** ms since the Unix epoch: `created_at`. */
  readonly at?: number;
  readonly replyTo?: string | null;
  readonly isDeleted?: boolean;
}

export async function insertMessage(pool: Pool, message: GivenMessage): Promise<string> {
  const {
    id = createEntryId(),
    tablo,
    user,
    text = 'Hello',
    at = Date.now(),
    replyTo = null,
    isDeleted = false,
  } = message;
  await pool.query(
    `WITH next AS (UPDATE tablos SET last_seq = last_seq + 1 WHERE id = $2 RETURNING last_seq)
     INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq, reply_to, deleted_at)
     SELECT $1, $2, $3, CASE WHEN $7 THEN '' ELSE $4 END, tablo_private.from_ms($5), tablo_private.from_ms($5), tablo_private.from_ms($5),
       last_seq, $6, CASE WHEN $7 THEN now() END FROM next`,
    [id, tablo, user, text, at, replyTo, isDeleted],
  );
  return id;
}

/** Where no test posts. */
export const refusingPoster: MessagePoster = {
  post: async () => err(createRefusal('unavailable')),
  change: async () => err(createRefusal('unavailable')),
};
