// The README's configurations in the programs that they are for: nginx and Caddy, at the root of a host and below a path, in front of the real server.
import { RawClient } from '@tablo/sync-server/testing/raw-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../support/database.ts';
import { RestPerson } from '../support/rest-person.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { isInstalled, openRealProxy, type ProxyProgram, readSnippets } from './program.ts';

let database: Database;
let server: RunningServer;
beforeAll(async () => {
  database = await openDatabase();
  server = await startServer({ env: { DATABASE_URL: database.url } });
});
afterAll(async () => {
  await server.stop();
  await database.close();
});

async function opensSocket(url: string, origin: string): Promise<boolean> {
  const client = new RawClient(`${url.replace('http', 'ws')}/sync`, { headers: { origin } });
  const status = await client.upgraded;
  client.close();
  return status === 101;
}

/** Of each program: the root, below a path, and below one that is taken off. */
const takenOff: Readonly<Record<ProxyProgram, (snippet: string) => string>> = {
  nginx: (snippet) => snippet.replace(':3000;', ':3000/;'),
  caddy: (snippet) => snippet.replace('handle ', 'handle_path '),
};

let people = 0;

describe.each(['nginx', 'caddy'] as const)('%s, as the README has it,', (program) => {
  const isThere = isInstalled(program);
  if (!isThere) console.warn(`${program} is not installed: its configuration in the README is not tried out.`);

  it('the server behind README’s proxy is there at the root and below a path', async () => {
    expect(await readSnippets(program)).toEqual([
      expect.not.stringContaining('/chat'),
      expect.stringContaining('/chat'),
    ]);
  });

  it.runIf(isThere).each([
    ['at the root', 0, '', (snippet: string) => snippet],
    ['below a path', 1, '/chat', (snippet: string) => snippet],
    ['below a path that it takes off', 1, '/chat', takenOff[program]],
  ])(
    'the server behind README’s proxy lets page, accounts, sockets and invitations through %s',
    async (_, nth, path, change) => {
      const snippet = (await readSnippets(program))[nth] ?? '';
      const changed = change(snippet);
      expect(changed === snippet).toBe(change !== takenOff[program]);
      const proxy = await openRealProxy(program, changed, server.url);
      try {
        const publicUrl = proxy.url + path;
        await server.restart({ PUBLIC_URL: `${publicUrl}/`, TRUST_PROXY: 'yes' });
        people += 1;
        const person = new RestPerson(publicUrl, `Ann ${'x'.repeat(people)}`);
        await person.signUp('correct horse battery');
        const link = await person.inviteUrl(await person.createTablo('Plans'));
        expect(link).toMatch(new RegExp(`^${publicUrl}/invite/.`));
        const page = await (await fetch(link)).text();
        const script = /src="([^"]*before-paint\.js)"/.exec(page)?.[1] ?? '';
        expect((await fetch(new URL(script, link))).headers.get('content-type')).toMatch('text/javascript');
        expect(await opensSocket(publicUrl, proxy.url)).toBe(true);
        expect(await opensSocket(publicUrl, 'https://elsewhere.example')).toBe(false);
        if (path !== '') expect(new URL((await fetch(publicUrl)).url).pathname).toBe(`${path}/`);
      } finally {
        await proxy.close();
      }
    },
  );
});
