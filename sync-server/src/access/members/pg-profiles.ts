/** `chat_profiles`, kept fresh from claims. Writes only what changed, one row at a time, in the background. */
import type { UserId } from '@tablo/schema/ids';
import type { Pool } from 'pg';
import type { Log } from '../../base/log.ts';
import type { Claims } from '../tokens/claims.ts';
import { LruMap } from '../tokens/lru-map.ts';
import type { Profiles } from './profiles.ts';

// A claim that a token leaves out takes nothing away. Unchanged rows are not written: `chat_profiles` may be replicated by its owner.
const REMEMBER = `INSERT INTO chat_profiles AS p (user_id, name, email, avatar_url) VALUES ($1, $2, $3, $4)
  ON CONFLICT (user_id) DO UPDATE SET
    name = coalesce(EXCLUDED.name, p.name),
    email = coalesce(EXCLUDED.email, p.email),
    avatar_url = coalesce(EXCLUDED.avatar_url, p.avatar_url),
    updated_at = now()
  WHERE (coalesce(EXCLUDED.name, p.name), coalesce(EXCLUDED.email, p.email), coalesce(EXCLUDED.avatar_url, p.avatar_url))
    IS DISTINCT FROM (p.name, p.email, p.avatar_url)`;

const CACHE_MAX = 20_000;
/** More than this waiting: the database is away or slow, and the next token brings the name again. */
const WAITING_MAX = 1_000;

export class PgProfiles implements Profiles {
  readonly #pool: Pool;
  readonly #log: Log;
  readonly #known = new LruMap<UserId, Claims>(CACHE_MAX);
  readonly #waiting = new Map<UserId, Claims>();
  #running: Promise<void> | null = null;

  constructor(pool: Pool, log: Log) {
    this.#pool = pool;
    this.#log = log;
  }

  remember(claims: Claims): void {
    const known = this.#known.get(claims.userId);
    // The later of two devices' tokens wins. Without this they would overwrite each other in turn.
    if (known !== undefined && (isSame(known, claims) || claims.expiresAt < known.expiresAt)) return;
    if (this.#waiting.size >= WAITING_MAX) return;
    this.#known.set(claims.userId, claims);
    this.#waiting.set(claims.userId, claims);
    this.#running ??= this.#run();
  }

  /** Everything remembered so far is written, or given up. For shutdown and tests. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (const [userId, claims] of this.#waiting) {
      this.#waiting.delete(userId);
      try {
        const values = [userId, claims.name, claims.email, claims.avatarUrl];
        await this.#pool.query({ name: 'profiles-remember', text: REMEMBER, values });
      } catch (error) {
        this.#known.delete(userId);
        this.#log.debug({ err: error }, 'A profile could not be written; the next token brings it again.');
      }
    }
    this.#running = null;
  }
}

const isSame = (left: Claims, right: Claims): boolean =>
  left.name === right.name && left.email === right.email && left.avatarUrl === right.avatarUrl;
