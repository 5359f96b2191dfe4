// The page on a host application's database, whose people the host signs in, and where a server before ours has left messages.
import { ben, openHost } from '@tablo/sync-server/db/testing/open-host';
import { TOKEN_SETTINGS, tokenOf } from '@tablo/sync-server/testing/tokens';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchChromium } from '../../support/browser.ts';
import { Person } from '../../support/person.ts';
import { startServer } from '../../support/server.ts';
import { eventually, Stage } from '../../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  const host = await openHost({ hasEarlierServer: true });
  const pool = new pg.Pool({ connectionString: host.superuserUrl, max: 1 });
  const server = await startServer({ env: { DATABASE_URL: host.url, ...TOKEN_SETTINGS } });
  const database = {
    url: host.url,
    query: async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>(sql, [...values])).rows,
    close: async () => {
      await pool.end();
      await host.close();
    },
  };
  stage = new Stage(server, database, await launchChromium());
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

async function openAs(user: string, name: string): Promise<Person> {
  const context = await stage.newContext();
  const account = { name, email: `${name.toLowerCase()}@example.org` };
  const person = await Person.atNewTab(context, stage.server.url, account);
  await person.page.addInitScript(
    (given) => Object.assign(window, { tabloChatToken: () => given }),
    tokenOf(user, account),
  );
  await person.page.goto(stage.server.url);
  return person;
}

describe('[R2] on a host’s database', () => {
  it('one’s tablos are listed, also one without a name, with what was written before; and one writes on', async () => {
    const person = await openAs(ben, 'Ben');
    const nameless = person.tablos.getByRole('link', { name: /Untitled tablo/ });
    await nameless.click();
    await person.message('to myself').waitFor();
    await person.open('Boat');
    await person.message('more 120').waitFor();
    await person.say('And on we go');
    await eventually(() => person.statusOf('And on we go')).toEqual(['sent']);
    const [row] = await stage.database.query(`SELECT seq::int FROM messages WHERE text = 'And on we go'`);
    expect(row).toEqual({ seq: 124 });
  });
});

describe('a start that cannot be', () => {
  it('a start that cannot be ends with one sentence, which names what is in the way and what to do', async () => {
    const taken = await openHost({ more: 'CREATE VIEW public.chat_profiles AS SELECT 1 AS user_id' });
    const server = await startServer({ env: { DATABASE_URL: taken.url, ...TOKEN_SETTINGS }, isReadyAwaited: false });
    expect(await server.ended()).toBe(1);
    expect(server.output()).toMatch(/cannot start: .*public\.chat_profiles is taken by a view .*rename it/);
    expect(server.output().trim().split('\n')).toHaveLength(1);
    await taken.close();
  });
});
