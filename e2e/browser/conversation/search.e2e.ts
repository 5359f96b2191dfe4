// Looking for what was said: on this device, further back, offline; and where a quote leads whose message is not here.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Person } from '../../support/person.ts';
import { RestPerson } from '../../support/rest-person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const TABLO = 'Archive';
/** More than a document begins with, and more than one page. */
const TOTAL = 260;
/** On the first of the older pages. */
const FAR = 100;

let stage: Stage;
let bob: Person;
/** A device that has not read back. */
let ada: Person;
let rita: RestPerson;
let tablo: string;
const ids: string[] = [];

const textOf = (index: number): string => (index === FAR ? 'The code is Héliotrope' : `Page ${index} of the archive`);

beforeAll(async () => {
  stage = await openStage({ env: { EPOCH_MAX_ENTRIES: '20' } });
  bob = await stage.newPerson('Bob Marley');
  await bob.createTablo(TABLO);
  tablo = await stage.tabloId(TABLO);
  rita = new RestPerson(stage.server.url, 'Rita Rest');
  await rita.signUp(PASSWORD);
  await rita.accept(new URL(await bob.invite()).pathname.split('/').at(-1) ?? '');
  for (let index = 0; index < TOTAL; index++) ids.push(await rita.say(tablo, textOf(index)));
  ada = await stage.newPerson('Ada Lovelace');
  await ada.openInvite(await bob.invite());
  await ada.message(`Page ${TOTAL - 1} of`).waitFor();
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

const dialog = (person: Person = ada) => person.page.getByRole('dialog');
const results = (person: Person = ada) => dialog(person).locator('a[data-message-id]');
const older = (person: Person = ada) =>
  dialog(person).getByRole('button', { name: 'Search older messages', exact: true });
const sentence = (person: Person = ada) => eventually(() => dialog(person).locator('.search-count').textContent());

async function searchFor(words: string, person: Person = ada): Promise<void> {
  await person.page.getByRole('button', { name: 'Search this tablo', exact: true }).click();
  await person.page.getByRole('searchbox', { name: 'Search messages', exact: true }).fill(words);
}

/** Requests for messages, while something is done. */
async function askedWhile(act: () => Promise<void>): Promise<string[]> {
  const asked: string[] = [];
  const note = (request: { url(): string }) => {
    const path = new URL(request.url()).pathname;
    if (path.includes('/messages')) asked.push(path);
  };
  ada.page.on('request', note);
  await act();
  ada.page.off('request', note);
  return asked;
}

describe('a search', () => {
  it('[R7] a search says how far back this device knows, never that nothing is there, and is taken by the keyboard', async () => {
    await searchFor('heliotrope');
    await sentence().toMatch(/^No match so far\. The newest \d+ messages, since .+, are on this device\.$/);
    // Once closed, the focus is where it was.
    await ada.page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    expect(await ada.focused()).toBe('button Search this tablo');

    await searchFor('of the archive');
    await results().nth(49).waitFor();
    expect(await results().count()).toBe(50);
    await dialog().getByRole('button', { name: 'Show more' }).click();
    await eventually(() => results().count()).toBeGreaterThan(50);
    await ada.page.getByRole('searchbox', { name: 'Search messages' }).focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowUp', 'ArrowDown', 'Enter']) await ada.page.keyboard.press(key);
    await dialog().waitFor({ state: 'detached' });
    await eventually(() => ada.focused()).toBe(`message ${textOf(TOTAL - 2)}`);
  });

  it('[R7] a search survives being offline with a sentence, and keeps what it found', async () => {
    stage.expectOutage();
    await searchFor(`Page ${TOTAL - 3} of`);
    await results().first().waitFor();
    await ada.goOffline();
    await older().click();
    await dialog().getByText('The server cannot be reached.').waitFor();
    expect(await results().count()).toBe(1);
    await sentence().toMatch(/on this device\.$/);
    await ada.goOnline();
    await ada.page.keyboard.press('Escape');
    await eventually(() => ada.status()).toBe('Online');
  });

  it('[R7] a search reads older messages until one is found, marks what was meant, and goes there', async () => {
    await searchFor('heliotrope');
    await older().click();
    await results().first().waitFor();
    expect(await results().getAttribute('data-message-id')).toBe(ids[FAR]);
    expect(await results().locator('mark').textContent()).toBe('Héliotrope');
    expect(await results().textContent()).toContain('Rita Rest');
    await sentence().toMatch(/^1 message found so far\. The newest \d+ messages, since .+, are on this device\.$/);
    await results().click();
    await eventually(() => ada.focused()).toBe('message The code is Héliotrope');
    await eventually(() => ada.message('The code is Héliotrope').isVisible()).toBe(true);
  });

  it('[R7] a search says that nothing is there when all of the tablo was read', async () => {
    await searchFor('nowhere to be found');
    await older().click();
    await sentence().toBe('Nothing found in this tablo.');
    expect(await older().count()).toBe(0);
    await ada.page.keyboard.press('Escape');
  });

  it('[R7] a search offline speaks of this device alone, after a reload too', async () => {
    await ada.waitForServiceWorker();
    await ada.goOffline();
    await ada.page.reload();
    await ada.log.waitFor();
    await searchFor('heliotrope');
    await results().first().waitFor();
    await sentence().toMatch(/^1 message found so far\. \d+ messages, since .+, are on this device\.$/);
    await ada.page.keyboard.press('Escape');
    await ada.goOnline();
    await eventually(() => ada.status()).toBe('Online');
  });
});

describe('a quote of a message that is not here', () => {
  it('[R2] a quote of a message that is not here says at once that it is gone, without a page being fetched, and is no button any more', async () => {
    const reader = ada;
    ada = await stage.secondDevice(reader);
    await ada.open(TABLO);
    await stage.database.query(`UPDATE messages SET deleted_at = now(), text = '' WHERE id = $1`, [ids[5]]);
    await rita.say(tablo, 'I answer what is gone', ids[5]);
    await rita.say(tablo, 'I answer what is far', ids[50]);
    const answer = ada.message('I answer what is gone');
    const quote = answer.getByRole('button', { name: /Earlier message/ });
    await quote.waitFor();
    const asked = await askedWhile(async () => {
      await quote.click();
      await answer.getByText('Message deleted').waitFor();
    });
    expect(asked).toEqual([`/chat/channels/${tablo}/messages/${ids[5]}`]);
    expect(await quote.count()).toBe(0);

    await ada
      .message('I answer what is far')
      .getByRole('button', { name: /Earlier message/ })
      .click();
    await eventually(() => ada.focused()).toBe(`message ${textOf(50)}`);
    await ada.context.close();
    ada = reader;
  });
});
