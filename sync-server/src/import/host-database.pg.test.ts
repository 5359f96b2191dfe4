import { expect, it } from 'vitest';
import { audit } from '../audit/pg-audit.ts';
import { silentLog } from '../base/log.ts';
import { migrate } from '../db/migrate.ts';
import { createPool } from '../db/pool.ts';
import { compare, takePicture } from '../db/testing/host-picture.ts';
import { ada, ben, boat, cleo, nameless, openHost } from '../db/testing/open-host.ts';
import { fillTakenOver } from '../ledger/store/pg-taken-over.ts';
import { openImportStage } from './testing/import-stage.ts';
import { message } from './testing/small-export.ts';

// The host's own trigger on what was there before us: it would call a webhook for every row.
const WATCHED = `CREATE TABLE public.heard (id uuid); ALTER TABLE public.heard OWNER TO tablo_test_host;
  CREATE FUNCTION public.hear() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.heard VALUES (NEW.id); RETURN NEW; END $$;
  ALTER FUNCTION public.hear() OWNER TO tablo_test_host;
  CREATE TRIGGER host_hears AFTER INSERT OR UPDATE ON public.messages FOR EACH ROW EXECUTE FUNCTION public.hear();`;

// What a host's own migration had made, before there was a server.
const KEYS = 'ALTER TABLE public.messages ADD FOREIGN KEY (user_id) REFERENCES auth.users (id)';

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
      // A user whom the host does not know is found before anything is written.
      const stranger = '00000000-0000-4000-8000-0000000000dd';
      await stage.write('stranger.json', [{ ...made, messages: [], members: [{ user_id: stranger }] }]);
      const refused = await stage.importFile('stranger.json', '--unknown-channels=create', '--members=add');
      expect(refused.missing).toEqual([
        expect.stringMatching(/^1 user is not in your table auth\.users, to which .*tablo_access\.user_id/),
      ]);
    } finally {
      await pool.end();
      await stage.close();
      await host.close();
    }
  },
);

it('users whom a table of the host’s does not have, to which its keys refer, are listed before anything is written, in a dry run too', async () => {
  const host = await openHost({ hasEarlierServer: true });
  const stage = await openImportStage(host.url);
  try {
    await host.run(KEYS);
    await migrate(host.url, silentLog, { fillDocuments: fillTakenOver });
    const stranger = '00000000-0000-4000-8000-0000000000dd';
    const cid = `messaging:${boat}`;
    const channel = { id: boat, type: 'messaging', cid };
    const second = `messaging:${nameless}`;
    const channels = [
      { channel, messages: [message({ id: 'a', by: ada, cid })] },
      {
        channel: { id: nameless, type: 'messaging', cid: second },
        messages: [
          message({
            id: 'b',
            by: stranger,
            cid: second,
            latest_reactions: [{ type: 'like', user_id: 'guest-1', created_at: '2024-05-01T10:00:00Z' }],
          }),
        ],
        read: [{ user: { id: 'guest-2' }, last_read: '2024-05-01T10:00:00Z' }],
      },
    ];
    await stage.write('export.json', channels);
    const before = await stage.dump();
    const dry = await stage.importFile('export.json', '--dry-run');
    expect(dry.missing).toEqual([
      expect.stringMatching(
        /^2 users of the file have no id of yours: name them by --users \(placeholders cannot be: your channel_read_state\.user_id refers to auth\.users\)\.$/,
      ),
      expect.stringMatching(
        /^1 user is not in your table auth\.users, to which messages\.user_id refers: add them there, or name others/,
      ),
    ]);
    expect(dry.report.toText()).toMatch(new RegExp(`${stranger} \\(Name of d\\): not in auth\\.users; 1 message`));
    const asPlaceholders = await stage.importFile('export.json', '--unknown-users=placeholder');
    expect(asPlaceholders.missing).toEqual([
      expect.stringMatching(/^2 users are not in your table auth\.users.*Placeholders are/),
    ]);
    expect(await stage.dump()).toEqual(before);
    await stage.write('users.json', { [stranger]: ben, 'guest-1': ada, 'guest-2': cleo });
    const done = await stage.importFile('export.json', '--users', stage.path('users.json'));
    expect([done.missing, done.report.stored?.messages]).toEqual([[], 2]);
    // A rule that cannot be asked before is said with what it belongs to.
    await host.run(`ALTER TABLE public.messages ADD CONSTRAINT no_shouting CHECK (text <> 'LOUD') NOT VALID`);
    await stage.write('more.json', [{ channel, messages: [message({ id: 'c', by: ada, cid, text: 'LOUD' })] }]);
    await expect(stage.importFile('more.json')).rejects.toThrow(
      /rule for messages that refuses this row: .*no_shouting.*start the import again/,
    );
  } finally {
    await stage.close();
    await host.close();
  }
});

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
