/** The backup of the PostgreSQL that comes with us, where no `pg_dump` is at hand: stop, copy, start. By the steps of docs/OPERATIONS.md. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Drift } from '@tablo/sync-server/audit/drift';
import { audit } from '@tablo/sync-server/audit/pg-audit';
import pg from 'pg';
import { expect, it } from 'vitest';
import { RestPerson } from '../../support/rest-person.ts';
import { startServer } from '../../support/server.ts';
import { runSteps } from './operator-steps.ts';

it('[R1] a copy of DATA_DIR, made while the server is stopped, is the whole system: accounts, tablos, messages, with no drift', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'tablo-copy-'));
  const [dataDir, copy] = [join(parent, 'data'), join(parent, 'copy')];
  const server = await startServer({ env: { DATA_DIR: dataDir, LOG_LEVEL: 'warn' } });
  try {
    const alice = new RestPerson(server.url, 'Alice Copy');
    await alice.signUp('a long enough password');
    const tablo = await alice.createTablo('Kitchen');
    const kept = await alice.say(tablo, 'kept');
    await server.stop();
    await runSteps('copy', { DATA_DIR: dataDir, COPY: copy });
    await server.restart();
    await alice.say(tablo, 'after the backup');
    await server.stop();
    await rm(dataDir, { recursive: true });

    await server.restart({ DATA_DIR: copy });
    // The session of before is good: the key that signs tokens was in the copy too.
    const added = await alice.say(tablo, 'after the restore');
    const url = await runSteps('embedded-url', { DATA_DIR: copy }, { after: 'echo "$DATABASE_URL"' });
    const pool = new pg.Pool({ connectionString: url.trim(), max: 1 });
    const { rows } = await pool.query<{ id: string }>('SELECT id FROM messages ORDER BY seq');
    const drifts: Drift[] = [];
    const { messages } = await audit(pool, { onDrift: (drift) => drifts.push(drift) });
    await pool.end();
    expect(rows.map(({ id }) => id)).toEqual([kept, added]);
    expect({ messages, drifts }).toEqual({ messages: 2, drifts: [] });
  } finally {
    await server.stop();
    await rm(parent, { recursive: true, force: true });
  }
}, 120_000);
