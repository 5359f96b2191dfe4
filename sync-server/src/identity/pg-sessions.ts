/** Sessions last for weeks, and every sign-in makes one: an account keeps its newest, as many as anybody has devices, so that signing in again and again fills nothing. */
import type { Pool } from 'pg';

export const SESSIONS_MAX = 100;

export async function keepNewestSessions(pool: Pool, userId: string): Promise<void> {
  await pool.query(
    `DELETE FROM tablo_identity."session" WHERE "userId" = $1 AND ("expiresAt" < now() OR id IN (
       SELECT id FROM tablo_identity."session" WHERE "userId" = $1 ORDER BY "createdAt" DESC, id OFFSET $2))`,
    [userId, SESSIONS_MAX],
  );
}
