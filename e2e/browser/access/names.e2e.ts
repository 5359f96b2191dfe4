// What people are called: the same with and without a network, before and after a reload, in tablos that were opened here and in others; and who has left keeps the name.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Person } from '../../support/person.ts';
import { RestPerson } from '../../support/rest-person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let ann: Person;
let bob: RestPerson;
let dora: RestPerson;
let first: string;

beforeAll(async () => {
  stage = await openStage();
  stage.expectOutage();
  ann = await stage.newPerson('Ann Ives');
  await ann.createTablo('Opened');
  first = await ann.invite();
  [bob, dora] = [await newRestPerson('Bob Kahn'), await newRestPerson('Dora Maar')];
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

async function newRestPerson(name: string): Promise<RestPerson> {
  const person = new RestPerson(stage.server.url, name);
  await person.signUp(PASSWORD);
  return person;
}

const codeOf = (link: string): string => link.split('/').at(-1) ?? '';

/** Who wrote each message of the open tablo, in order, as assistive technology is told. */
const authors = (person: Person): Promise<string[]> =>
  person.log
    .locator('[data-message-id]')
    .evaluateAll((elements) => elements.map((element) => element.getAttribute('aria-label') ?? ''));

/** What this browser has stored of what people are called. */
const storedNames = (person: Person): Promise<string[]> =>
  person.page.evaluate(async () => {
    const of = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const names = (await indexedDB.databases()).flatMap(({ name }) => (name?.startsWith('tablo-chat:') ? name : []));
    const db = await of(indexedDB.open(names[0] ?? ''));
    const rows: { key: string; value: unknown }[] = await of(db.transaction('meta').objectStore('meta').getAll());
    db.close();
    return rows.flatMap(({ key, value }) => (key.startsWith('people:name:') ? String(value) : []));
  });

async function reloadOffline(person: Person): Promise<void> {
  await person.waitForServiceWorker();
  await person.goOffline();
  await person.page.reload();
  await person.tablos.getByRole('link').first().waitFor();
}

describe('names', () => {
  it('[R7] names are the same after a reload without a network, in every tablo, opened on this device or never, and in the list', async () => {
    await bob.accept(codeOf(first));
    await dora.accept(codeOf(first));
    const opened = await stage.tabloId('Opened');
    await bob.say(opened, 'Good morning');
    await dora.say(opened, 'Good evening');
    // In here Dora wrote before Bob, so that no list names her.
    const other = await bob.createTablo('Never opened');
    const code = await bob.invite(other);
    const eve = await newRestPerson('Eve Stone');
    for (const person of [dora, eve]) await person.accept(code);
    await ann.openInvite(`${stage.server.url}/invite/${code}`);
    await eve.say(other, 'I shall leave');
    await eve.remove(other, await eve.userId());
    await dora.say(other, 'First');
    await bob.say(other, 'Second');

    const device = await stage.secondDevice(ann);
    await device.open('Opened');
    await eventually(() => authors(device)).toEqual(['Bob Kahn', 'Dora Maar']);
    await eventually(() => device.describe('Never opened')).toContain('Bob Kahn: Second');
    await eventually(() => storedNames(device)).toEqual(expect.arrayContaining(['Bob Kahn', 'Dora Maar', 'Eve Stone']));
    const before = [await device.describe('Opened'), await device.describe('Never opened')];

    await reloadOffline(device);
    expect([await device.describe('Opened'), await device.describe('Never opened')]).toEqual(before);
    expect(before[0]).toContain('Dora Maar: Good evening');
    await device.open('Never opened');
    await eventually(() => authors(device)).toEqual(['Eve Stone', 'Dora Maar', 'Bob Kahn']);
    await device.open('Opened');
    await eventually(() => authors(device)).toEqual(['Bob Kahn', 'Dora Maar']);
    expect(await device.page.getByText(/Former member|Someone/u).count()).toBe(0);

    await device.goOnline();
    await device.open('Never opened');
    await eventually(() => authors(device)).toEqual(['Eve Stone (left)', 'Dora Maar', 'Bob Kahn']);
    await device.context.close();
  });

  it('[R7] names stay with who was removed: over messages, in quotes, reactions, results and the list; two of one name are told apart', async () => {
    await ann.createTablo('Left behind');
    const link = await ann.invite();
    const tablo = await stage.tabloId('Left behind');
    const carol = await stage.newPerson('Carol Shaw');
    await carol.openInvite(link);
    // Written with a character that nobody sees, so that it is another address: the name is the same.
    const namesake = await newRestPerson('B\u200Bob Kahn');
    for (const person of [bob, namesake]) await person.accept(codeOf(link));
    await bob.say(tablo, 'The lamp is lit');
    await ann.message('The lamp is lit').waitFor();
    await ann.choose('The lamp is lit', 'Reply');
    await ann.say('So it is');
    await carol.react('So it is', '👍');
    await namesake.say(tablo, 'Who lit the lamp?');
    await ann.message('Who lit the lamp?').waitFor();
    const reaction = ann.message('So it is').getByRole('button', { name: /reacted with/u });
    await reaction.waitFor();
    await carol.context.close();
    for (const name of ['Carol Shaw', 'Bob Kahn', 'Bob Kahn']) await remove(name);

    const marks = await Promise.all([bob, namesake].map(async (person) => `#${(await person.userId()).slice(-4)}`));
    const [left, leftToo] = marks.map((mark) => `Bob Kahn (${mark}) (left)`);
    const looksRight = async () => {
      await eventually(() => authors(ann)).toEqual([left, 'You', leftToo]);
      expect(await reaction.getAttribute('aria-label')).toBe('Carol Shaw (left) reacted with 👍, 1');
      expect(await ann.message('So it is').locator('.quote-author').textContent()).toContain('Bob Kahn');
      await eventually(() => ann.describe('Left behind')).toMatch(/^Bob Kahn \(#.*Who lit the lamp\?$/u);
      await ann.page.getByRole('button', { name: 'Search this tablo' }).click();
      await ann.page.getByRole('searchbox', { name: 'Search messages' }).fill('lamp');
      const results = () => ann.page.getByRole('dialog').locator('.search-author').allTextContents();
      await eventually(results).toEqual([...marks].reverse().map((mark) => `Bob Kahn ${mark} (left)`));
      await ann.page.keyboard.press('Escape');
      await ann.page.keyboard.press('Escape');
      await ann.page.getByRole('dialog').waitFor({ state: 'detached' });
    };
    await looksRight();
    await ann.page.reload();
    await looksRight();
    await reloadOffline(ann);
    await looksRight();
    await ann.goOnline();
  });
});

/** By the settings of the tablo that is open. */
async function remove(name: string): Promise<void> {
  const settings = await ann.openSettings();
  const buttons = settings.getByRole('button', { name: new RegExp(`^Remove ${name}`, 'u') });
  const count = await buttons.count();
  await buttons.first().click();
  await ann.page.getByRole('button', { name: 'Remove', exact: true }).click();
  await eventually(() => buttons.count()).toBe(count - 1);
  await ann.closeDialog();
}
