/** Three people and a tablo of theirs, new for every attack: limits by user and an epoch's age are to be the same for all. */
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import type { Seat } from '../../load/load-client.ts';
import type { Database } from '../../support/database.ts';
import type { RunningServer } from '../../support/servers.ts';

const PEOPLE = 3;
const PASSWORD = 'correct horse battery';

export interface Account {
  readonly userId: string;
  readonly cookie: string;
}

/** With an external issuer tokens are signed here; with the built-in one the people have accounts, and ask for a token as the page does. */
export async function createSeats(
  server: RunningServer,
  database: Database,
  accounts: readonly Account[] | null,
): Promise<readonly Seat[]> {
  const http = httpOf(server);
  if (accounts === null) {
    const [tablo] = await database.addTablos(1, PEOPLE);
    const { id, members } = tablo ?? { id: '', members: [] };
    return members.map((userId) => ({ url: server.url, tabloId: id, userId, token: tokenOf(userId) }));
  }
  const tabloId = await database.addTablo(accounts.map(({ userId }) => userId));
  return Promise.all(
    accounts.map(async ({ userId, cookie }) => ({
      ...{ url: server.url, tabloId, userId },
      token: await askForToken(http, cookie),
    })),
  );
}

export async function signUpPeople(server: RunningServer): Promise<readonly Account[]> {
  const http = httpOf(server);
  const accounts: Account[] = [];
  while (accounts.length < PEOPLE) {
    const answer = await fetch(`${http}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Somebody', email: `${crypto.randomUUID()}@example.org`, password: PASSWORD }),
    });
    if (!answer.ok) throw new Error(`A sign-up was answered with ${answer.status}.`);
    const cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const claims = (await askForToken(http, cookie)).split('.')[1] ?? '';
    const { sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { sub: string };
    accounts.push({ userId: sub, cookie });
  }
  return accounts;
}

async function askForToken(http: string, cookie: string): Promise<string> {
  const answer = await fetch(`${http}/api/auth/token`, { headers: { cookie } });
  return ((await answer.json()) as { token: string }).token;
}

export const httpOf = ({ url }: RunningServer): string => new URL(url.replace(/^ws/, 'http')).origin;
