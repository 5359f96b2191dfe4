// Without a network: reading, writing, reloading, a killed browser, a stopped and a killed server. And back again.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';
import { storedUnsent } from '../../support/tamper.ts';

let stage: Stage;
let ada: Person;
let bob: Person;
let userDataDir: string;

/** Ada uses the profile that outlives its browser, Bob a computer of his own. */
beforeAll(async () => {
  userDataDir = await mkdtemp(join(tmpdir(), 'tablo-profile-'));
  stage = await openStage({ userDataDir });
  stage.expectOutage();
  ada = await stage.newPersonInProfile('Ada Lovelace');
  await ada.createTablo('Train');
  // She signed in some time ago: Chromium writes a new cookie to its disk when it closes, or half a minute later.
  await stage.restartBrowser(userDataDir, 'close');
  ada = await returnOf(ada);
  await ada.open('Train');
  bob = await stage.newPerson('Bob Marley');
  await bob.openInvite(await ada.invite());
  await ada.say('Before');
  await bob.message('Before').waitFor();
});
afterEach(() => stage.expectNoProblems());
afterAll(async () => {
  await stage?.close();
  await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
});

/** To the profile's own browser, after it was started again. */
const returnOf = async (person: Person): Promise<Person> => {
  const again = await Person.atNewTab(stage.profile, stage.server.url, person);
  await again.page.goto(stage.server.url);
  return again;
};

const isOnline = (person: Person) => eventually(() => person.status()).toBe('Online');
const isAway = (person: Person) => eventually(() => person.status()).toMatch(/^(Offline|Connecting)$/);
const rowsWith = async (text: string) => (await stage.texts('Train')).filter((one) => one === text).length;

describe('[R11] a server that goes away under open pages', () => {
  it.each([
    ['stopped', 'stop'],
    ['killed', 'kill'],
  ] as const)(
    '[R4][R11] is %s and started: what was written meanwhile is pending, then delivered once and in order',
    async (word, how) => {
      await isOnline(ada);
      await stage.server[how]();
      await isAway(ada);
      await isAway(bob);
      const texts = [1, 2, 3, 4, 5].map((index) => `While it was ${word}, ${index}`);
      const answer = `Bob too, ${word}`;
      for (const text of texts) await ada.say(text);
      await bob.say(answer);
      await eventually(() => ada.statusOf(...texts)).toEqual(texts.map(() => 'pending'));
      await eventually(() => bob.statusOf(answer)).toEqual(['pending']);
      await eventually(() => ada.status()).toBe('Offline');

      await stage.server.restart();
      await isOnline(ada);
      await isOnline(bob);
      for (const person of [ada, bob]) {
        await eventually(() => person.statusOf(...texts)).toEqual(texts.map(() => 'sent'));
        await eventually(() => person.statusOf(answer)).toEqual(['sent']);
        for (const text of [...texts, answer]) expect(await person.count(text)).toBe(1);
      }
      const rows = (await stage.messages('Train')).filter(({ text }) => text === answer || texts.includes(text));
      expect(rows.filter(({ text }) => text !== answer).map(({ text }) => text)).toEqual(texts);
      expect(rows.map(({ seq }) => seq).toSorted((left, right) => left - right)).toHaveLength(6);
      const ids = (await stage.messages('Train')).map(({ id }) => id);
      expect(await ada.messageIds()).toEqual(ids);
      expect(await bob.messageIds()).toEqual(ids);
    },
  );
});

describe('[R7] without a network', () => {
  it('[R7] what was written stays through a reload and a killed browser, and is delivered once on return', async () => {
    await ada.waitForServiceWorker();
    await isOnline(ada);
    await stage.server.stop();
    await ada.say('Written in the tunnel');
    await eventually(() => ada.statusOf('Before', 'Written in the tunnel')).toEqual(['sent', 'pending']);

    await ada.page.reload();
    await eventually(() => ada.statusOf('Before', 'Written in the tunnel')).toEqual(['sent', 'pending']);
    await eventually(() => ada.status()).toBe('Offline');
    await ada.say('And after the reload');
    await eventually(() => ada.statusOf('And after the reload')).toEqual(['pending']);
    await eventually(() => storedUnsent(ada.page)).toContain('And after the reload');

    // The power cut takes Bob's browser as well: it is the same process here.
    await stage.restartBrowser(userDataDir, 'kill');
    ada = await returnOf(ada);
    await ada.open('Train');
    const texts = ['Written in the tunnel', 'And after the reload'];
    await eventually(() => ada.statusOf('Before', ...texts)).toEqual(['sent', 'pending', 'pending']);

    await stage.server.restart();
    await isOnline(ada);
    await eventually(() => ada.statusOf('Before', ...texts)).toEqual(['sent', 'sent', 'sent']);
    bob = await stage.secondDevice(bob);
    await bob.open('Train');
    await eventually(() => bob.statusOf('Before', ...texts)).toEqual(['sent', 'sent', 'sent']);
    for (const text of texts) {
      expect([await ada.count(text), await bob.count(text), await rowsWith(text)]).toEqual([1, 1, 1]);
    }
  });

  it('[R7] two tabs of one browser see each other’s messages, edits and cancelled ones', async () => {
    const tab = await ada.anotherTab();
    await tab.open('Train');
    await isOnline(tab);
    await ada.goOffline();
    await isAway(ada);
    await isAway(tab);
    await ada.say('From the first tab');
    await tab.say('From the second tab');
    const texts = ['From the first tab', 'From the second tab'];
    await eventually(() => ada.statusOf(...texts)).toEqual(['pending', 'pending']);
    await eventually(() => tab.statusOf(...texts)).toEqual(['pending', 'pending']);
    await tab.say('Better not');
    await eventually(() => ada.statusOf('Better not')).toEqual(['pending']);
    await ada.choose('Better not', 'Do not deliver');
    await eventually(() => tab.count('Better not')).toBe(0);

    await ada.goOnline();
    await isOnline(ada);
    await isOnline(tab);
    for (const person of [ada, tab, bob]) {
      await eventually(() => person.statusOf(...texts)).toEqual(['sent', 'sent']);
      expect(await person.count('Better not')).toBe(0);
    }
    for (const text of texts) expect(await rowsWith(text)).toBe(1);
    expect(await rowsWith('Better not')).toBe(0);
    await tab.page.close();
  });

  it('[R8] a pending message that is taken back comes back by Undo, as the answer that it was, and is delivered once', async () => {
    await ada.goOffline();
    await isAway(ada);
    await ada.choose('From the first tab', 'Reply');
    await ada.say('Taken back by mistake');
    await eventually(() => ada.statusOf('Taken back by mistake')).toEqual(['pending']);
    await ada.choose('Taken back by mistake', 'Do not deliver');
    await eventually(() => ada.count('Taken back by mistake')).toBe(0);
    await ada.page.getByRole('button', { name: 'Undo', exact: true }).last().click();
    await eventually(() => ada.statusOf('Taken back by mistake')).toEqual(['pending']);
    await ada.goOnline();
    await eventually(() => ada.statusOf('Taken back by mistake')).toEqual(['sent']);
    await bob.message('Taken back by mistake').getByText('From the first tab').waitFor();
    expect(await rowsWith('Taken back by mistake')).toBe(1);
  });

  it('[R8] a pending message can be changed, and nobody ever receives the old text', async () => {
    await ada.goOffline();
    await isAway(ada);
    await ada.say('The old text');
    await eventually(() => ada.statusOf('The old text')).toEqual(['pending']);
    await ada.choose('The old text', 'Edit');
    await ada.composer.fill('The new text');
    await ada.composer.press('Enter');
    await eventually(() => ada.statusOf('The new text')).toEqual(['pending']);
    await ada.goOnline();
    await eventually(() => bob.statusOf('The new text')).toEqual(['sent']);
    expect(await bob.message('The new text').textContent()).not.toContain('edited');
    expect([await rowsWith('The old text'), await rowsWith('The new text')]).toEqual([0, 1]);
    expect(await stage.database.query('SELECT 1 FROM message_edits')).toEqual([]);
  });

  it('[R5] a message that comes late is shown at its arrival, marked as written offline, and is unread', async () => {
    // She has seen nothing newer: our clients never write a time before anything they have seen [R5].
    const carol = await stage.newPerson('Carol Shaw');
    await carol.createTablo('Late');
    await bob.openInvite(await carol.invite());
    await bob.open('Train');
    await carol.page.clock.setSystemTime(Date.now() - 10 * 60_000);
    await carol.page.reload();
    await isOnline(carol);
    await carol.goOffline();
    await isAway(carol);
    await carol.say('Ten minutes ago');
    await eventually(() => carol.statusOf('Ten minutes ago')).toEqual(['pending']);
    await carol.goOnline();
    await eventually(() => carol.statusOf('Ten minutes ago')).toEqual(['sent']);
    await eventually(() => bob.unread('Late')).toBe(1);
    await bob.open('Late');
    await eventually(() => bob.message('Ten minutes ago').textContent()).toMatch(/sent while offline/);
    const [row] = await stage.messages('Late');
    expect(row?.created_at ?? 0).toBeGreaterThan((row?.sent_at ?? 0) + 9 * 60_000);
    await carol.context.close();
  });
});
