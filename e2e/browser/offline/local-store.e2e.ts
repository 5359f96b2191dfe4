// A device whose storage fails, in every way that browsers know: people see it, and nothing that they typed is lost.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';
import {
  blockDatabases,
  closeDatabases,
  databaseNames,
  deleteDatabases,
  emptyStorage,
  fillStorage,
  limitStorage,
  readUpdates,
  refuseWrites,
  upgradeDatabases,
  watchDatabases,
  withoutDatabases,
  writeUpdate,
} from '../../support/tamper.ts';

const TABLO = 'Cellar';
const STORED = 'Said before';

let stage: Stage;
let bob: Person;
let invite: string;
let document: string;
let count = 0;

beforeAll(async () => {
  stage = await openStage();
  stage.expectOutage();
  bob = await stage.newPerson('Bob Marley');
  await bob.createTablo(TABLO);
  invite = await bob.invite();
  await bob.say(STORED);
  await bob.message(STORED).waitFor();
  document = `${await stage.tabloId(TABLO)}/1`;
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

/** At a device of her own, with the tablo open and stored. */
async function newcomer(prepare?: Parameters<Stage['newPerson']>[2]): Promise<Person> {
  count += 1;
  const ada = await stage.newPerson(`Ada ${'I'.repeat(count)}`, {}, prepare);
  await ada.openInvite(invite);
  await isOnline(ada);
  await eventually(() => ada.statusOf(STORED)).toEqual(['sent']);
  await eventually(async () => (await readUpdates(ada.page, document)).length).toBeGreaterThan(0);
  await ada.waitForServiceWorker();
  return ada;
}

/** Of the same origin, but not the chat. */
async function strangeTab(person: Person): Promise<Person['page']> {
  const page = await person.context.newPage();
  await page.goto(`${stage.server.url}/healthz`);
  return page;
}

const isOnline = (person: Person) => eventually(() => person.status()).toBe('Online');
const isAway = (person: Person) => eventually(() => person.status()).toMatch(/^(Offline|Connecting)$/);
const warning = (person: Person) => person.page.locator('.strip-warning');
const untilWarned = (person: Person, words: RegExp, timeout?: number) =>
  eventually(async () => ((await warning(person).count()) > 0 ? warning(person).textContent() : ''), timeout).toMatch(
    words,
  );

async function leaveNetwork(person: Person): Promise<void> {
  await person.goOffline();
  await isAway(person);
}

async function sayOffline(person: Person, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await person.say(text);
  await eventually(() => person.statusOf(...texts)).toEqual(texts.map(() => 'pending'));
}

/** Delivered once and in order, on both screens and in SQL, and again after a reload. */
async function isDelivered(person: Person, ...texts: readonly string[]): Promise<void> {
  const all = texts.map(() => 'sent');
  await eventually(() => person.statusOf(...texts)).toEqual(all);
  await eventually(() => bob.statusOf(...texts)).toEqual(all);
  const counts = async () => Promise.all(texts.flatMap((text) => [person.count(text), bob.count(text)]));
  expect(await counts()).toEqual(texts.flatMap(() => [1, 1]));
  expect((await stage.texts(TABLO)).filter((text) => texts.includes(text))).toEqual([...texts]);
}

async function reload(person: Person): Promise<void> {
  await person.page.reload();
  await person.log.waitFor();
}

describe('a device that is full', () => {
  it('[R8] a device that is full makes room by what the server has as well, and keeps what is written', async () => {
    const ada = await newcomer((page) => limitStorage(page, stage.server.url, 16 * 1024 * 1024));
    await leaveNetwork(ada);
    await sayOffline(ada, 'On the disk');
    await fillStorage(ada.page);
    await sayOffline(ada, 'On the full disk');
    await emptyStorage(ada.page);
    await ada.goOnline();
    await isDelivered(ada, 'On the disk', 'On the full disk');
    await ada.context.close();
  });

  it('[R7][R8] a device that stays full says so, keeps what is written until it is delivered, and delivers it once', async () => {
    const ada = await newcomer();
    await leaveNetwork(ada);
    await sayOffline(ada, 'Stored before');
    await refuseWrites(ada.page);
    await sayOffline(ada, 'In memory alone');
    await untilWarned(ada, /full.*lost when this tab closes/);
    await ada.goOnline();
    await isDelivered(ada, 'Stored before', 'In memory alone');
    await reload(ada);
    await isOnline(ada);
    await isDelivered(ada, 'Stored before', 'In memory alone');
    expect(await warning(ada).count()).toBe(0);
    await ada.context.close();
  });

  // Fails until a full outbox deletes what it cannot overwrite.
  it('[R8] what was cancelled while it was full is not delivered after a reload', async () => {
    const ada = await newcomer();
    await leaveNetwork(ada);
    await sayOffline(ada, 'To be cancelled');
    await refuseWrites(ada.page);
    await ada.choose('To be cancelled', 'Do not deliver');
    await eventually(() => ada.count('To be cancelled')).toBe(0);
    await untilWarned(ada, /full/);
    await reload(ada);
    await ada.goOnline();
    await isOnline(ada);
    await ada.say('After the cancelled');
    await isDelivered(ada, 'After the cancelled');
    expect(await stage.texts(TABLO)).not.toContain('To be cancelled');
    await ada.context.close();
  });
});

describe('a browser that gives no storage', () => {
  it.each(['refused', 'silent'] as const)(
    '[R7] %s: the page opens, says what that means, and sends and receives',
    async (how) => {
      const ada = await newcomer();
      await withoutDatabases(ada.page, how);
      await reload(ada);
      await untilWarned(ada, /does not let the app store anything.*lost when this tab closes/);
      await isOnline(ada);
      await leaveNetwork(ada);
      await sayOffline(ada, `Without a disk, ${how}`);
      await ada.goOnline();
      await isDelivered(ada, `Without a disk, ${how}`);
      expect(await ada.statusOf(STORED)).toEqual(['sent']);
      await ada.context.close();
    },
  );

  it('[R7] an old tab that never lets go does not keep the page from opening', async () => {
    const ada = await newcomer();
    const old = await strangeTab(ada);
    const names = await databaseNames(ada.page);
    await ada.page.goto('about:blank');
    await blockDatabases(old, names);
    await ada.page.goto(invite.replace(/\/invite.*$/, ''));
    await untilWarned(ada, /does not let the app store anything/);
    await ada.open(TABLO);
    await isOnline(ada);
    await ada.say('Beside an old tab');
    await isDelivered(ada, 'Beside an old tab');
    await ada.context.close();
  });
});

describe('a database that goes away under an open page', () => {
  it('[R8] a database that the browser has closed is opened again, with nothing to be seen and nothing lost', async () => {
    const ada = await newcomer();
    await watchDatabases(ada.page);
    await reload(ada);
    await isOnline(ada);
    await leaveNetwork(ada);
    await sayOffline(ada, 'Before it was closed');
    await closeDatabases(ada.page);
    await sayOffline(ada, 'After it was closed');
    expect(await warning(ada).count()).toBe(0);
    await ada.composer.fill('A draft on a closed disk');
    await closeDatabases(ada.page);
    await reload(ada);
    await eventually(() => ada.statusOf('Before it was closed', 'After it was closed')).toEqual(['pending', 'pending']);
    await ada.goOnline();
    await isDelivered(ada, 'Before it was closed', 'After it was closed');
    await ada.context.close();
  });

  // Fails until the unsent entries' database notices its own deletion.
  it('[R8] a database that another tab deletes while messages are pending is reported at once, and they are delivered once', async () => {
    const ada = await newcomer();
    const other = await strangeTab(ada);
    await leaveNetwork(ada);
    await sayOffline(ada, 'Before it was deleted');
    await deleteDatabases(other, await databaseNames(other));
    await untilWarned(ada, /lost when this tab closes/, 5_000);
    await sayOffline(ada, 'After it was deleted');
    await ada.goOnline();
    await isDelivered(ada, 'Before it was deleted', 'After it was deleted');
    await reload(ada);
    await isOnline(ada);
    await isDelivered(ada, 'Before it was deleted', 'After it was deleted');
    await ada.context.close();
  });

  it('[R8] what is pending in a database that the browser throws away is stored anew, and survives a reload', async () => {
    const ada = await newcomer();
    await leaveNetwork(ada);
    await sayOffline(ada, 'Before it was evicted');
    const session = await ada.context.newCDPSession(ada.page);
    const { origin } = new URL(ada.page.url());
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
    await sayOffline(ada, 'After it was evicted');
    await eventually(() => ada.statusOf('Before it was evicted', 'After it was evicted')).toEqual([
      'pending',
      'pending',
    ]);
    await ada.goOnline();
    await isDelivered(ada, 'Before it was evicted', 'After it was evicted');
    await ada.context.close();
  });

  it('[R8] a database that a newer version in another tab takes over is reported, and what is pending is delivered once', async () => {
    const ada = await newcomer();
    const newer = await strangeTab(ada);
    await leaveNetwork(ada);
    await sayOffline(ada, 'Before the newer version');
    await upgradeDatabases(newer, await databaseNames(newer));
    await sayOffline(ada, 'After the newer version');
    await untilWarned(ada, /lost when this tab closes/);
    await ada.goOnline();
    await isDelivered(ada, 'Before the newer version', 'After the newer version');
    await ada.context.close();
  });
});

describe('a stored document that cannot be used', () => {
  const foreign = (): Uint8Array => {
    const doc = new Y.Doc();
    const entry = { kind: 'message', author: crypto.randomUUID(), sentAt: Date.now() };
    doc.getArray('messages').push([
      { ...entry, id: crypto.randomUUID(), text: 'From somewhere else' },
      { ...entry, id: crypto.randomUUID(), text: 'And this too' },
    ]);
    return Y.encodeStateAsUpdate(doc);
  };

  it.each([
    ['a damaged row among good ones', 'add', () => new Uint8Array([7, 255, 1, 3, 3, 7])],
    ['a damaged row and nothing else', 'replace', () => new Uint8Array([255, 255, 255, 255, 15])],
    ['an empty row', 'add', () => new Uint8Array()],
    ['another document’s entries among good ones', 'add', foreign],
    ['another document in its place', 'replace', foreign],
  ] as const)('[R4][R8] %s: heals, shows everything, and own pending messages are kept', async (what, how, update) => {
    const ada = await newcomer();
    await leaveNetwork(ada);
    await sayOffline(ada, `Pending beside ${what}`);
    await writeUpdate(ada.page, document, update(), how);
    await reload(ada);
    await eventually(() => ada.statusOf(`Pending beside ${what}`)).toEqual(['pending']);
    await ada.goOnline();
    await isDelivered(ada, `Pending beside ${what}`);
    await eventually(() => ada.statusOf(STORED)).toEqual(['sent']);
    await eventually(() => ada.count('From somewhere else')).toBe(0);
    await eventually(() => ada.messageIds()).toEqual((await stage.messages(TABLO)).map(({ id }) => id));
    expect(await stage.texts(TABLO)).not.toContain('From somewhere else');

    await reload(ada);
    await eventually(() => ada.statusOf(STORED, `Pending beside ${what}`)).toEqual(['sent', 'sent']);
    expect(await ada.count('From somewhere else')).toBe(0);
    await ada.context.close();
  });
});
