// A host application that changes its user under the page.
import { randomUUID } from 'node:crypto';
import { TOKEN_SETTINGS, tokenOf } from '@tablo/sync-server/testing/tokens';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Person } from '../support/person.ts';
import { DEADLINE_MS, eventually, openStage, type Stage } from '../support/stage.ts';

const TOKEN_S = 12;
const ann = { id: randomUUID(), name: 'Ann' };
const bob = { id: randomUUID(), name: 'Bob' };

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ env: TOKEN_SETTINGS });
  stage.expectOutage();
  stage.expectUnauthenticated();
  // The address is still that of the first one's tablo.
  stage.expectRefusals();
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

type User = typeof ann;

const sign = ({ id, name }: User): string => tokenOf(id, { name, email: `${name.toLowerCase()}@example.org` }, TOKEN_S);

async function createTablo(user: User, name: string): Promise<void> {
  const answer = await fetch(`${stage.server.url}/chat/channels`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sign(user)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  expect(answer.status).toBe(201);
}

it('[R6] the chat becomes the other’s within a token’s life and shows nothing of the first one’s; what was not sent waits for its author', async () => {
  await createTablo(ann, 'Ann’s plans');
  await createTablo(bob, 'Bob’s plans');
  let signedIn: User | null = ann;
  const context = await stage.newContext();
  const page = await Person.atNewTab(context, stage.server.url, { name: 'somebody', email: '' });
  await page.page.exposeFunction('askHost', () => (signedIn === null ? null : sign(signedIn)));
  await page.page.addInitScript(() => {
    Object.assign(window, {
      tabloChatToken: () => (window as unknown as { askHost(): Promise<string | null> }).askHost(),
    });
  });
  await page.page.goto(stage.server.url);
  await page.open('Ann’s plans');
  await page.say('sent at once');
  await eventually(() => stage.texts('Ann’s plans')).toEqual(['sent at once']);
  await context.setOffline(true);
  await page.say('not for Bob');
  await page.log.getByText('not for Bob').waitFor();

  signedIn = bob;
  await context.setOffline(false);
  await page.tabloLink('Bob’s plans').waitFor({ timeout: DEADLINE_MS });
  const shown = await page.page.content();
  for (const word of ['Ann’s plans', 'not for Bob', 'sent at once']) expect(shown).not.toContain(word);
  expect(await stage.texts('Bob’s plans')).toEqual([]);

  signedIn = null;
  const words = page.page.getByText('You are signed out of the application that this chat belongs to');
  await words.waitFor({ timeout: DEADLINE_MS });
  await page.page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.page.getByRole('dialog').getByText('Sign in there').waitFor();
  expect(await page.page.getByLabel('Password').count()).toBe(0);
  await page.closeDialog();

  signedIn = ann;
  await page.tabloLink('Ann’s plans').waitFor({ timeout: DEADLINE_MS });
  await eventually(() =>
    stage.messages('Ann’s plans').then((rows) => rows.map(({ text, author }) => [text, author])),
  ).toEqual([
    ['sent at once', 'Ann'],
    ['not for Bob', 'Ann'],
  ]);
});
