import { afterAll, beforeAll, expect, it } from 'vitest';
import { countingPool } from './stores/pg-watched-pool.ts';
import { newTablo, newUser, openTestRest, type TestRest } from './testing/test-rest.ts';

const statements: string[] = [];
let rest: TestRest;
beforeAll(async () => {
  rest = await openTestRest({ wrap: (pool) => countingPool(pool, (text) => statements.push(text)) });
});
afterAll(() => rest.close());

type User = ReturnType<typeof newUser>;
/** Of nobody, and of no link. */
const NOBODY = '0197aaaa-0000-7000-8000-000000000001';
const ROUTES: readonly (readonly [string, string, unknown?])[] = [
  ['PATCH', '', { name: 'Mine' }],
  ['DELETE', ''],
  ['GET', '/members'],
  ['POST', '/members', { user_id: NOBODY }],
  ['DELETE', `/members/${NOBODY}`],
  ['GET', '/invites'],
  ['POST', '/invites', {}],
  ['DELETE', `/invites/${NOBODY}`],
  ['GET', '/messages'],
  ['GET', '/messages?after=0'],
  ['POST', '/messages', { text: 'Hi' }],
  ['POST', '/read'],
  ['PUT', '/draft', { text: 'a', updated_at: '2026-01-01T00:00:00Z' }],
];

/** Somebody, the ledger for instance, holds the tablo's row while `act` goes on. */
async function whileLocked(tablo: string, act: () => Promise<void>): Promise<void> {
  const client = await rest.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT FROM tablos WHERE id = $1 FOR UPDATE', [tablo]);
    await act();
    await client.query('ROLLBACK');
  } finally {
    client.release();
  }
}

const asked = async (user: User, [method, path, body]: (typeof ROUTES)[number], tablo: string) => {
  statements.length = 0;
  const answer = await rest.call(user, method, `/chat/channels/${tablo}${path}`, body);
  return { status: answer.status, body: answer.body, statements: [...statements] };
};

it.each(ROUTES.map((route) => ({ name: `${route[0]} ${route[1]}`, route })))(
  '[R6] a stranger’s $name asks one thing of the database, whether the tablo exists or not, and waits for no lock',
  async ({ route }) => {
    const [eve, tablo] = [newUser(), await rest.createTablo({ [newUser()]: 'owner' })];
    await whileLocked(tablo, async () => {
      const existing = await asked(eve, route, tablo);
      expect(existing).toEqual(await asked(eve, route, newTablo()));
      expect(existing).toMatchObject({ status: 403, body: { code: 'forbidden' } });
      expect(existing.statements).toHaveLength(1);
      expect(existing.statements[0]).not.toMatch(/FOR (NO KEY )?UPDATE/);
    });
  },
);

it.each([
  ['PATCH', '', { name: 'Mine' }],
  ['DELETE', ''],
  ['POST', '/members', { user_id: NOBODY }],
  ['DELETE', `/members/${NOBODY}`],
  ['GET', '/invites'],
  ['POST', '/invites', {}],
  ['DELETE', `/invites/${NOBODY}`],
] as const)('[R6] a guest’s %s %s, refused in any case, waits for no lock either', async (...route) => {
  const guest = newUser();
  const tablo = await rest.createTablo({ [newUser()]: 'owner', [guest]: 'guest' });
  await whileLocked(tablo, async () => {
    expect((await asked(guest, route as (typeof ROUTES)[number], tablo)).status).toBe(403);
  });
});

it('[R6] a link that gives nothing takes no lock, nor does a look at one', async () => {
  const [alice, bob] = [newUser(), newUser()];
  const tablo = await rest.createTablo({ [alice]: 'owner' });
  const { code } = (await rest.call(alice, 'POST', `/chat/channels/${tablo}/invites`, {})).body.invite;
  await rest.call(bob, 'POST', `/chat/invites/${code}/accept`);
  await rest.call(alice, 'DELETE', `/chat/channels/${tablo}/members/${bob}`);
  await whileLocked(tablo, async () => {
    expect((await rest.call(bob, 'POST', `/chat/invites/${code}/accept`)).status).toBe(404);
    expect((await rest.call(alice, 'POST', `/chat/invites/${code}/accept`)).status).toBe(200);
    expect((await rest.call(newUser(), 'GET', `/chat/invites/${code}`)).status).toBe(200);
  });
});
