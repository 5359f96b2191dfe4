// What ends under an open page and comes back: the session, the database. What people typed is there all the while.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Gate } from '../../soak/faults/gate.ts';
import { PASSWORD, type Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';
import { storedDrafts } from '../../support/tamper.ts';

const TABLO = 'Lighthouse';
const OTHER = 'Harbour';

let stage: Stage;
let gate: Gate;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  stage = await openStage({
    reach: async (url) => {
      gate = await Gate.open(url);
      return gate.url;
    },
  });
  stage.expectOutage();
  stage.expectUnauthenticated();
  ada = await stage.newPerson('Ada Lovelace');
  await ada.createTablo(OTHER);
  await ada.createTablo(TABLO);
  bob = await stage.newPerson('Bob Marley');
  await bob.openInvite(await ada.invite());
  await ada.waitForServiceWorker();
});
afterEach(() => stage.expectNoProblems());
afterAll(async () => {
  await stage?.close();
  await gate?.close();
});

const isOnline = (person: Person) => eventually(() => person.status()).toBe('Online');

/** Saved every quarter of a second: what was typed since is what a crash may take. */
async function draft(person: Person, text: string): Promise<void> {
  await person.composer.fill(text);
  await eventually(() => storedDrafts(person.page)).toContain(text);
}

const endSessions = (person: Person) =>
  stage.database.query(
    `DELETE FROM tablo_identity.session WHERE "userId" IN (SELECT id FROM tablo_identity."user" WHERE email = $1)`,
    [person.email],
  );

async function isDelivered(...texts: readonly string[]): Promise<void> {
  for (const person of [ada, bob]) {
    await eventually(() => person.statusOf(...texts)).toEqual(texts.map(() => 'sent'));
    for (const text of texts) expect(await person.count(text)).toBe(1);
  }
  expect((await stage.texts(TABLO)).filter((text) => texts.includes(text))).toEqual([...texts]);
}

describe('a draft', () => {
  it('[R7] a draft stays when other tablos are opened, and through a reload, each in its own tablo', async () => {
    await ada.composer.fill('For the lighthouse\nin two lines');
    await ada.open(OTHER);
    expect(await ada.composer.inputValue()).toBe('');
    await draft(ada, 'For the harbour');
    await ada.open(TABLO);
    await eventually(() => ada.composer.inputValue()).toBe('For the lighthouse\nin two lines');
    await ada.page.reload();
    await eventually(() => ada.composer.inputValue()).toBe('For the lighthouse\nin two lines');
    await ada.open(OTHER);
    await eventually(() => ada.composer.inputValue()).toBe('For the harbour');
    await ada.open(TABLO);
  });
});

describe('a session that ends', () => {
  it('[R7][R8] a session that ends is said; what was typed and what is pending is there after signing in again, and is delivered once', async () => {
    await isOnline(ada);
    await draft(ada, 'Half a thought');
    await endSessions(ada);
    await ada.page.reload();
    await ada.page.getByText('Your session has ended.').waitFor();
    await eventually(() => ada.status()).not.toBe('Online');
    await eventually(() => ada.composer.inputValue()).toBe('Half a thought');
    await ada.say('Said without a session');
    await eventually(() => ada.statusOf('Said without a session')).toEqual(['pending']);
    await ada.composer.fill('Another half');
    await ada.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    const dialog = ada.page.getByRole('dialog', { name: 'Sign in again' });
    await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
    await isOnline(ada);
    expect(await ada.page.getByText('Your session has ended.').count()).toBe(0);
    expect(await ada.composer.inputValue()).toBe('Another half');
    await isDelivered('Said without a session');
    await ada.composer.fill('');
  });
});

describe('a database that goes away under open pages', () => {
  it.each([
    ['refuses', 'shut'],
    ['is silent', 'silence'],
  ] as const)(
    '[R1][R11] and %s: what is written stays pending, also through a reload, and is delivered by itself, once',
    async (word, how) => {
      await isOnline(ada);
      await isOnline(bob);
      gate[how]();
      const texts = [1, 2, 3].map((index) => `While it ${word}, ${index}`);
      for (const text of texts) await ada.say(text);
      await eventually(() => ada.statusOf(...texts)).toEqual(texts.map(() => 'pending'));
      await eventually(async () => (await fetch(`${stage.server.url}/readyz`)).status).toBe(503);
      expect(await bob.statusOf(...texts)).toEqual(texts.map(() => 'absent'));
      await ada.page.reload();
      await eventually(() => ada.statusOf(...texts)).toEqual(texts.map(() => 'pending'));
      await ada.composer.fill(`A draft while it ${word}`);
      gate.reopen();
      await isOnline(ada);
      await isDelivered(...texts);
      expect(await ada.composer.inputValue()).toBe(`A draft while it ${word}`);
      await ada.composer.fill('');
    },
  );
});
