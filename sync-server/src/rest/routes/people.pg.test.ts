/** `GET /chat/people`: who is told what somebody is called, and who is not. */
import { PEOPLE_ASKED_MAX } from '@tablo/schema/limits';
import { peopleAnswer } from '@tablo/schema/rest/people';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertMessage, newTablo, newUser, openTestRest, type TestRest } from '../testing/test-rest.ts';

let rest: TestRest;
beforeAll(async () => {
  rest = await openTestRest();
});
afterAll(() => rest.close());

type User = ReturnType<typeof newUser>;
const path = (...asked: readonly (readonly [tablo: string, user: string])[]) =>
  `/chat/people?of=${asked.map((one) => one.join(':')).join(',')}`;
const namesFor = async (reader: User, ...asked: readonly (readonly [string, User])[]) => {
  const { people } = peopleAnswer.parse((await rest.call(reader, 'GET', path(...asked))).body);
  return Object.fromEntries(people.map(({ user_id, name }) => [user_id, name]));
};

/** Their token tells what they are called. */
async function newKnownUser(): Promise<User> {
  const user = newUser();
  await rest.call(user, 'GET', '/chat/channels');
  await rest.profiles.settled();
  return user;
}
const nameOf = (user: User) => `User ${user.slice(0, 4)}`;

describe('names of people', () => {
  it('[R7] names of people are told of members, and of who wrote or read and has left, over many tablos at once', async () => {
    const [alice, member, writer, reader] = [
      newUser(),
      await newKnownUser(),
      await newKnownUser(),
      await newKnownUser(),
    ];
    const first = await rest.createTablo({ [alice]: 'guest', [member]: 'member', [writer]: 'member' });
    const second = await rest.createTablo({ [alice]: 'member', [reader]: 'member' });
    await insertMessage(rest.pool, { tablo: first, user: writer });
    await rest.call(reader, 'POST', `/chat/channels/${second}/read`);
    await rest.pool.query('UPDATE tablo_access SET is_active = false WHERE user_id = ANY ($1)', [[writer, reader]]);
    const asked = [
      [first, member],
      [first, writer],
      [second, reader],
      [first, newUser()],
      [first, writer],
    ] as const;
    expect(await namesFor(alice, ...asked)).toEqual({
      ...{ [member]: nameOf(member), [writer]: nameOf(writer), [reader]: nameOf(reader) },
    });
  });

  it('[R6] names of people are told to nobody who is not a member, of a tablo that is there as of one that is not, nor of a deleted one', async () => {
    const [alice, bob] = [newUser(), await newKnownUser()];
    const tablo = await rest.createTablo({ [bob]: 'owner' });
    const own = await rest.createTablo({ [alice]: 'owner', [bob]: 'member' });
    await insertMessage(rest.pool, { tablo, user: bob });
    expect(await namesFor(alice, [tablo, bob], [newTablo(), bob])).toEqual({});
    expect(await namesFor(alice, [own, bob])).toEqual({ [bob]: nameOf(bob) });
    await rest.pool.query('UPDATE tablos SET deleted_at = now() WHERE id = $1', [own]);
    expect(await namesFor(alice, [own, bob])).toEqual({});
    await rest.pool.query('UPDATE tablos SET deleted_at = NULL WHERE id = $1', [own]);
    await rest.pool.query('UPDATE tablo_access SET is_active = false WHERE user_id = $1', [alice]);
    expect(await namesFor(alice, [own, bob])).toEqual({});
  });

  it('[R6] names of people are not told of who was added unasked and has not come, also when they are removed [M6]', async () => {
    const [mallory, bob] = [newUser(), await newKnownUser()];
    const tablo = await rest.createTablo({ [mallory]: 'owner' });
    await rest.call(mallory, 'POST', `/chat/channels/${tablo}/members`, { user_id: bob });
    expect(await namesFor(mallory, [tablo, bob])).toEqual({});
    await rest.pool.query('UPDATE tablo_access SET is_active = false WHERE user_id = $1', [bob]);
    expect(await namesFor(mallory, [tablo, bob])).toEqual({});
    await rest.pool.query('UPDATE tablo_access SET is_active = true WHERE user_id = $1', [bob]);
    await insertMessage(rest.pool, { tablo, user: bob });
    expect(await namesFor(mallory, [tablo, bob])).toEqual({ [bob]: nameOf(bob) });
  });

  it.each([
    ['nobody', '/chat/people'],
    ['an empty list', '/chat/people?of='],
    ['no ids', '/chat/people?of=a:b'],
    ['an id too much', path([newTablo(), `${newUser()}:${newUser()}`])],
    ['too many', path(...Array.from({ length: PEOPLE_ASKED_MAX + 1 }, () => [newTablo(), newUser()] as const))],
  ])('names of people is refused with a sentence when asked for %s', async (_, address) => {
    expect(await rest.call(newUser(), 'GET', address)).toMatchObject({
      status: 400,
      body: { code: 'invalid-request' },
    });
  });
});
