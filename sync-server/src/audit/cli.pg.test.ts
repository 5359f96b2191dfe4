import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPool } from '../db/pool.ts';
import { openTestDatabase } from '../db/testing/test-database.ts';

describe('npm run audit', () => {
  const run = (env: Readonly<Record<string, string>>): Promise<{ code: number; output: string }> =>
    new Promise((resolve) => {
      const child = execFile(
        process.execPath,
        [join(import.meta.dirname, 'cli.ts')],
        { env: { PATH: process.env['PATH'] ?? '', ...env }, timeout: 30_000 },
        (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
      );
    });

  it('exits with 0 where nothing differs, 1 where something does, 2 where it cannot look; texts are not shown', async () => {
    const own = await openTestDatabase();
    const other = createPool(own.url);
    await other.query(`INSERT INTO tablos (name) VALUES ('Test')`);
    expect(await run({ DATABASE_URL: own.url })).toMatchObject({
      code: 0,
      output: /^1 tablos, 0 messages, 0 entries: 0 drifts/,
    });
    await other.query(`INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq)
      SELECT gen_random_uuid(), id, gen_random_uuid(), 'a secret', now(), now(), now(), 1 FROM tablos`);
    const found = await run({ DATABASE_URL: own.url });
    expect(found).toMatchObject({ code: 1, output: /message-without-entry[\s\S]* 2 drifts/ });
    expect(found.output).not.toContain('secret');
    await other.end();
    await own.close();
    expect(await run({ DATABASE_URL: own.url })).toMatchObject({ code: 2, output: /could not be done/ });
    expect(await run({ DATA_DIR: join(import.meta.dirname, 'no-such-directory') })).toMatchObject({
      code: 2,
      output: /no database/,
    });
  });
});
