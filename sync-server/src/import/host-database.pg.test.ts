import { expect, it } from 'vitest';
import { audit } from '../audit/pg-audit.ts';
import { silentLog } from '../base/log.ts';
import { migrate } from '../db/migrate.ts';
import { createPool } from '../db/pool.ts';
import { compare, takePicture } from '../db/testing/host-picture.ts';
import { ada, ben, boat, openHost } from '../db/testing/open-host.ts';
import { fillTakenOver } from '../ledger/store/pg-taken-over.ts';
import { openImportStage } from './testing/import-stage.ts';
import { message } from './testing/small-export.ts';

// The host's own trigger on what was there before us: it would call a webhook for every row.
const WATCHED = `CREATE TABLE public.heard (id uuid); ALTER TABLE public.heard OWNER TO tablo_test_host;
  CREATE FUNCTION public.hear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.heard VALUES (NEW.id); RETURN NEW; END $$;
  ALTER FUNCTION public.hear() OWNER TO tablo_test_host;
  CREATE TRIGGER host_hears AFTER INSERT OR UPDATE ON public.messages FOR EACH ROW EXECUTE FUNCTION public.hear();`;

it.each([false, true])(
  'a host’s database is imported into as its owner, who is no superuser: its tables, policies and triggers stay as they are, and hear nothing of it (an earlier server’s tables: %s)',
  async (hasEarlierServer) => {
    const host = await openHost({ hasEarlierServer });
    const stage = await openImportStage(host.url);
    const pool = createPool(host.superuserUrl);
    try {
      await migrate(host.url, silentLog, { fillDocuments: fillTakenOver });
      await host.run(WATCHED);
      const before = await takePicture(pool);
      const counted = await pool.query<{ count: number }>('SELECT count(*)::int AS count FROM messages');
      const cid = `messaging:${boat}`;
      const made = { channel: { id: 'new', type: 'team', cid: 'team:new', name: 'New', created_by: { id: ada } } };
      await stage.write('export.json', [
        {
          channel: { id: boat, type: 'messaging', cid },
          messages: [
            message({ id: 'a', by: ada, cid }),
            message({
              id: 'b',
              by: ben,
              cid,
              parent_id: 'a',
              latest_reactions: [{ type: 'like', user_id: ada, created_at: '2024-05-01T10:00:00Z' }],
            }),
            message({ id: 'c', by: ben, cid, deleted_at: '2024-05-01T10:00:00Z' }),
          ],
        },
        {
          ...made,
          messages: [message({ id: 'd', by: ada, cid: 'team:new' })],
          members: [
            { user_id: ben, role: 'member' },
            { user_id: ada, role: 'owner' },
          ],
        },
      ]);
      const { missing, report } = await stage.importFile('export.json', '--unknown-channels=create');
      expect([missing, report.stored?.messages]).toEqual([[], 4]);
      expect(compare(before, await takePicture(pool))).toEqual({ gone: [], added: [] });
      expect((await pool.query('SELECT FROM heard')).rowCount).toBe(0);
      const now = await pool.query<{ count: number }>('SELECT count(*)::int AS count FROM messages');
      expect((now.rows[0]?.count ?? 0) - (counted.rows[0]?.count ?? 0)).toBe(4);
      const owners = await pool.query(
        `SELECT t.owner_id, a.role FROM tablos t JOIN tablo_access a ON a.tablo_id = t.id AND a.user_id = t.owner_id WHERE t.name = 'New'`,
      );
      expect(owners.rows).toEqual([{ owner_id: ada, role: 'owner' }]);
      const drifts: unknown[] = [];
      await audit(pool, { onDrift: (drift) => drifts.push(drift) });
      expect(drifts).toEqual([]);
      // A user whom the host does not know: its rule, and what to do.
      const stranger = '00000000-0000-4000-8000-0000000000dd';
      await stage.write('stranger.json', [{ ...made, messages: [], members: [{ user_id: stranger }] }]);
      await expect(stage.importFile('stranger.json', '--unknown-channels=create', '--members=add')).rejects.toThrow(
        /rule for tablo_access that refuses this row: .*--members=keep/,
      );
    } finally {
      await pool.end();
      await stage.close();
      await host.close();
    }
  },
);

it('a database that no server has been started on is refused with a sentence', async () => {
  const host = await openHost();
  const stage = await openImportStage(host.url);
  try {
    await stage.write('export.json', []);
    await expect(stage.importFile('export.json')).rejects.toThrow(
      /has no tables of Tablo Chat\. Start the server on it once/,
    );
  } finally {
    await stage.close();
    await host.close();
  }
});
