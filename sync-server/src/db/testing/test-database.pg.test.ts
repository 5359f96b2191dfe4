import { describe, expect, it } from 'vitest';
import { onServer, openTestDatabase } from './test-database.ts';

describe('openTestDatabase', () => {
  it('openTestDatabase gives each caller a migrated database of its own, gone after close', async () => {
    const [one, two] = await Promise.all([openTestDatabase(), openTestDatabase()]);
    await onServer(one.url, (client) => client.query('create table only_here()'));
    await onServer(two.url, async (client) => {
      const { rows } = await client.query(
        `select to_regclass('only_here') as here, to_regclass('tablo_private.migrations') as log`,
      );
      expect(rows).toEqual([{ here: null, log: 'tablo_private.migrations' }]);
    });
    await one.close();
    await two.close();
    await expect(onServer(one.url, (client) => client.query('select 1'))).rejects.toThrow(/does not exist/);
  });
});
