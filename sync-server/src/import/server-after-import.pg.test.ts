import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../base/log.ts';
import { parseConfig } from '../config/config.ts';
import { openServer, type Server } from '../server.ts';
import { TestClient } from '../testing/test-client.ts';
import { TOKEN_SETTINGS, tokenOf } from '../testing/tokens.ts';
import { until } from '../testing/wait.ts';
import { type Generated, generateExport } from './testing/generate-export.ts';
import { type ImportStage, openImportStage } from './testing/import-stage.ts';

let stage: ImportStage;
let server: Server;
let generated: Generated;
beforeAll(async () => {
  stage = await openImportStage();
  generated = await generateExport(stage.path('export.json'), { messages: 900 });
  await stage.makeTablos(generated);
  await stage.importFile('export.json');
  const config = parseConfig({ PORT: '0', DATABASE_URL: stage.url, ...TOKEN_SETTINGS });
  if (!config.ok) throw new Error(config.error);
  server = await openServer({ config: config.value, log: silentLog, openDatabase: async () => ({ url: stage.url }) });
});
afterAll(async () => {
  await server.close();
  await stage.close();
});

async function get<T>(user: string, path: string): Promise<T> {
  const response = await fetch(`${server.url}${path}`, {
    headers: { authorization: `Bearer ${tokenOf(user)}` },
  });
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

interface Listed {
  readonly channels: readonly { id: string; epoch: number; last_seq: number; unread_count: number }[];
}
interface Page {
  readonly messages: readonly { id: string; text: string; created_at: string }[];
  readonly hasMore: boolean;
}

describe('the server after an import', () => {
  it('[R10] lists tablos with what Stream had as unread', async () => {
    for (const user of generated.users) {
      const { channels } = await get<Listed>(user, '/chat/channels');
      expect(channels.map(({ id, last_seq, unread_count }) => [id, last_seq, unread_count]).sort()).toEqual(
        generated.channels
          .map((id) => [id, 300, generated.reads.find((one) => one.user === user && one.channel === id)?.unread ?? 0])
          .sort(),
      );
    }
  });

  it('[R9] shows the newest hundred to whoever joins, and the rest page by page to the beginning', async () => {
    const [channel = '', user = ''] = [generated.channels[0], generated.users[0]];
    const { channels } = await get<Listed>(user, '/chat/channels');
    const epoch = channels.find(({ id }) => id === channel)?.epoch;
    const reader = new TestClient(server.url.replace('http', 'ws'), `${channel}/${epoch}`, tokenOf(user));
    await until(() => expect(reader.provider.synced).toBe(true), 10_000);
    const shown = reader.entries.filter(({ kind }) => kind === 'message');
    reader.close();
    const texts: string[] = [];
    let before: string | null = null;
    for (let hasMore = true; hasMore; ) {
      const page: Page = await get<Page>(
        user,
        `/chat/channels/${channel}/messages?limit=100${before === null ? '' : `&before=${before}`}`,
      );
      if (before === null) expect(page.messages.map(({ id }) => id)).toEqual(shown.map(({ id }) => id));
      texts.unshift(...page.messages.map(({ text }) => text));
      hasMore = page.hasMore;
      before = page.messages[0]?.id ?? null;
    }
    const { rows } = await stage.pool.query<{ text: string }>(
      'SELECT text FROM messages WHERE channel_id = $1 AND deleted_at IS NULL ORDER BY created_at, id',
      [channel],
    );
    expect(texts).toEqual(rows.map(({ text }) => text));
  });

  it('[R6] gives members their history by SQL, and a stranger nothing', async () => {
    const count = async (user: string): Promise<number> => {
      const client = await stage.pool.connect();
      try {
        await client.query('BEGIN');
        await client.query(`SELECT set_config('request.jwt.claims', $1, true)`, [JSON.stringify({ sub: user })]);
        await client.query('SET LOCAL ROLE authenticated');
        return (await client.query('SELECT FROM messages')).rowCount ?? 0;
      } finally {
        await client.query('ROLLBACK');
        client.release();
      }
    };
    expect(await count(generated.users[0] ?? '')).toBe(900);
    expect(await count('00000000-0000-4000-8000-00000000000e')).toBe(0);
  });
});
