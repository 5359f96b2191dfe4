/** [R9] A host's users write to the host's tables, with no range but PostgreSQL's: what they write there must not be what every other member's answers are made of. */
import { channelsAnswer } from '@tablo/schema/rest/channel';
import { invitationsAnswer, inviteGlance } from '@tablo/schema/rest/member';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Statement, watchPool } from './stores/pg-watched-pool.ts';
import { newUser, openTestRest, type TestRest } from './testing/test-rest.ts';

const HUGE = 2_000_000;
/** Of one statement's rows: an answer about one tablo is some hundred bytes, a name that is cut up to 1,600. */
const ANSWER_MAX = 4_000;

let rest: TestRest;
let largest = { bytes: 0, text: '' };
beforeAll(async () => {
  rest = await openTestRest({
    settings: { unknownUsers: 'invite' },
    wrap: (pool) =>
      watchPool(pool, async (text, values, run) => {
        // Asked twice, so that what comes back can be weighed; what writes or locks is not.
        if (!/^\s*(SELECT|WITH)\b/.test(text) || /FOR NO KEY UPDATE|set_config/.test(text)) return;
        const statement: Statement = { text, values: [...values] };
        const { rows } = (await run(statement)) as { rows: unknown[] };
        const bytes = JSON.stringify(rows).length;
        if (bytes > largest.bytes) largest = { bytes, text };
      }),
  });
  // As in a host's own table.
  await rest.pool.query('ALTER TABLE tablos ALTER name DROP NOT NULL');
});
afterAll(() => rest.close());

it('[R9] a name and a role of megabytes are cut where they are read, and not read where nobody shows them', async () => {
  const [alice, bob, carol] = [newUser(), newUser(), newUser()];
  const tablo = await rest.createTablo({ [alice]: 'owner', [bob]: 'member' });
  const { code } = (await rest.call(alice, 'POST', `/chat/channels/${tablo}/invites`, {})).body.invite;
  await rest.pool.query(`UPDATE tablos SET name = 'Plans ' || repeat('x', $2) WHERE id = $1`, [tablo, HUGE]);
  await rest.pool.query(`UPDATE tablo_access SET role = repeat('owner', $2) WHERE tablo_id = $1 AND user_id <> $3`, [
    tablo,
    HUGE,
    alice,
  ]);
  const asked: readonly [typeof alice, string, string, unknown?][] = [
    [bob, 'GET', '/chat/channels'],
    [bob, 'GET', '/chat/unread'],
    [bob, 'GET', '/chat/unread?ids=true'],
    [bob, 'GET', '/chat/drafts'],
    [bob, 'GET', `/chat/channels/${tablo}/members`],
    [bob, 'GET', `/chat/channels/${tablo}/messages`],
    [bob, 'GET', `/chat/people?of=${tablo}:${alice}`],
    [bob, 'POST', `/chat/channels/${tablo}/read`, {}],
    [carol, 'GET', `/chat/invites/${code}`],
    [alice, 'POST', `/chat/channels/${tablo}/members`, { user_id: carol, role: 'member' }],
    [carol, 'GET', '/chat/invitations'],
  ];
  largest = { bytes: 0, text: '' };
  for (const [user, method, path, body] of asked) {
    const answer = await rest.call(user, method, path, body);
    expect([path, answer.status < 300]).toEqual([path, true]);
    expect([path, JSON.stringify(answer.body).length < ANSWER_MAX]).toEqual([path, true]);
  }
  expect(largest.bytes, largest.text).toBeLessThan(ANSWER_MAX);
  const list = channelsAnswer.parse((await rest.call(bob, 'GET', '/chat/channels')).body);
  expect(list.channels).toMatchObject([{ id: tablo, role: 'guest', name: expect.stringMatching(/^Plans x+$/) }]);
});

it('[R9] a name that is NULL is an empty one: no list fails for it', async () => {
  const [alice, bob] = [newUser(), newUser()];
  const tablo = await rest.createTablo({ [alice]: 'owner' });
  const { code } = (await rest.call(alice, 'POST', `/chat/channels/${tablo}/invites`, {})).body.invite;
  await rest.pool.query('UPDATE tablos SET name = NULL WHERE id = $1', [tablo]);
  const list = channelsAnswer.parse((await rest.call(alice, 'GET', '/chat/channels')).body);
  expect(list.channels.map(({ name }) => name)).toEqual(['']);
  expect(inviteGlance.parse((await rest.call(bob, 'GET', `/chat/invites/${code}`)).body).tablo.name).toBe('');
  expect(
    (await rest.call(alice, 'POST', `/chat/channels/${tablo}/members`, { user_id: bob, role: 'member' })).status,
  ).toBe(202);
  const { invitations } = invitationsAnswer.parse((await rest.call(bob, 'GET', '/chat/invitations')).body);
  expect(invitations.map((one) => one.tablo.name)).toEqual(['']);
});
