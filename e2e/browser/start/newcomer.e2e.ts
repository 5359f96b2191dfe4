// Added unasked, as an external issuer allows: whose page merely stands open is named to nobody.
import { randomUUID } from 'node:crypto';
import { TOKEN_SETTINGS, tokenOf } from '@tablo/sync-server/testing/tokens';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const mallory = { id: randomUUID(), name: 'Mallory' };
const victor = { id: randomUUID(), name: 'Victor Hidden' };

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ env: TOKEN_SETTINGS });
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

type User = typeof mallory;

const sign = ({ id, name }: User): string => tokenOf(id, { name, email: `${name.replace(' ', '.')}@example.org` });

// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of an answer.
async function ask(user: User, method: string, path: string, body?: unknown): Promise<any> {
  const answer = await fetch(`${stage.server.url}/chat/${path}`, {
    method,
    headers: { authorization: `Bearer ${sign(user)}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  return await answer.json();
}

async function createTablo(user: User, name: string): Promise<string> {
  return (await ask(user, 'POST', 'channels', { name })).channel.id;
}

async function openPage(user: User): Promise<Person> {
  const context = await stage.newContext();
  const person = await Person.atNewTab(context, stage.server.url, { name: user.name, email: '' });
  await person.page.addInitScript((token) => {
    Object.assign(window, { tabloChatToken: () => token });
  }, sign(user));
  await person.page.goto(stage.server.url);
  return person;
}

it('[R6] a page that stands open in another tablo names its person to nobody, whoever adds them and whatever is written there', async () => {
  await createTablo(victor, 'Home');
  const trap = await createTablo(mallory, 'Trap');
  const [hers, his] = [await openPage(mallory), await openPage(victor)];
  await hers.open('Trap');
  await his.open('Home');
  await ask(mallory, 'POST', `channels/${trap}/members`, { user_id: victor.id });
  const seen = async () => {
    const { members } = await ask(mallory, 'GET', `channels/${trap}/members`);
    const { name, email } = members.find(({ user_id }: { user_id: string }) => user_id === victor.id);
    const screen = await hers.page.content();
    return { name, email, isNamed: screen.includes(victor.name), isHere: screen.includes('here now') };
  };
  // What is seen in the list came by the document: the page has joined the tablo, and told of its presence before.
  for (const text of ['Who are you?', 'Say something.', 'Anything!']) {
    await ask(mallory, 'POST', `channels/${trap}/messages`, { text });
    await his.tablos.getByText(text).waitFor();
    expect(await seen()).toEqual({ name: null, email: null, isNamed: false, isHere: false });
  }
  await his.open('Trap');
  await eventually(seen).toEqual({
    name: victor.name,
    email: 'Victor.Hidden@example.org',
    isNamed: true,
    isHere: true,
  });
  for (const person of [hers, his]) await person.context.close();
});
