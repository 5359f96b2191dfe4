// A tablo moves to a fresh document again and again while people write, read back and are away: nobody notices.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const TABLO = 'Busy';
const numbered = (who: string, count: number): string[] => Array.from({ length: count }, (_, nth) => `${who} ${nth}.`);

let stage: Stage;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  stage = await openStage({ env: { EPOCH_MAX_ENTRIES: '10' } });
  ada = await stage.newPerson('Ada Lovelace');
  bob = await stage.newPerson('Bob Marley');
  await ada.createTablo(TABLO);
  await bob.openInvite(await ada.invite());
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

async function epoch(): Promise<number> {
  const rows = await stage.database.query<{ epoch: number }>('SELECT epoch FROM tablos WHERE name = $1', [TABLO]);
  return rows[0]?.epoch ?? 0;
}

async function assertTheSameEverywhere(): Promise<void> {
  const ids = (await stage.messages(TABLO)).map(({ id }) => id);
  for (const person of [ada, bob]) {
    await eventually(() => person.messageIds()).toEqual(ids.slice(-(await person.messageIds()).length));
    expect(new Set(await person.messageIds()).size).toBe((await person.messageIds()).length);
  }
}

describe('a tablo that moves', () => {
  it('[R9] [R4] a tablo that moves shows every message once, in one order, to those who write it', async () => {
    const [fromAda, fromBob] = [numbered('Ada', 25), numbered('Bob', 25)];
    await Promise.all([
      (async () => {
        for (const text of fromAda) await ada.say(text);
      })(),
      (async () => {
        for (const text of fromBob) await bob.say(text);
      })(),
    ]);
    await eventually(async () => (await stage.texts(TABLO)).toSorted()).toEqual([...fromAda, ...fromBob].toSorted());
    expect(await epoch()).toBeGreaterThan(3);
    for (const person of [ada, bob]) {
      await eventually(async () => (await person.messages()).every(({ status }) => status === 'sent')).toBe(true);
      await eventually(async () => (await person.texts()).toSorted()).toEqual([...fromAda, ...fromBob].toSorted());
    }
    await assertTheSameEverywhere();
  });

  it('[R7] [R8] a tablo that moves keeps what was written offline, and a draft, over many moves', async () => {
    stage.expectOutage();
    await bob.goOffline();
    for (const text of ['from the train 1', 'from the train 2']) await bob.say(text);
    await bob.composer.fill('half a sentence');
    const before = await epoch();
    for (const text of numbered('Meanwhile', 22)) await ada.say(text);
    await eventually(() => epoch()).toBeGreaterThan(before + 1);
    await bob.goOnline();
    await eventually(() => bob.statusOf('from the train 1', 'from the train 2')).toEqual(['sent', 'sent']);
    await eventually(() => ada.statusOf('from the train 1', 'from the train 2')).toEqual(['sent', 'sent']);
    for (const person of [ada, bob])
      await eventually(() =>
        Promise.all(['from the train 1', 'Meanwhile 21.'].map((text) => person.count(text))),
      ).toEqual([1, 1]);
    expect(await bob.composer.inputValue()).toBe('half a sentence');
    await bob.composer.fill('');
    await assertTheSameEverywhere();
  });

  it('[R9] a tablo that moves keeps the place of somebody who reads back, in every frame', async () => {
    const anchor = bob.message('Ada 5.');
    await anchor.scrollIntoViewIfNeeded();
    const places = await bob.watchPlace('Ada 5.');
    const from = await epoch();
    for (const text of numbered('Later', 45)) await ada.say(text);
    // What comes together fills a document with more than it takes: as many moves as that leaves.
    await eventually(() => epoch()).toBeGreaterThan(from + 1);
    await eventually(() => stage.texts(TABLO)).toContain('Later 44.');
    await eventually(() => bob.status()).toBe('Online');
    const seen = await places();
    expect(seen.length).toBeGreaterThan(0);
    expect(Math.max(...seen) - Math.min(...seen)).toBeLessThanOrEqual(2);
  });

  it('[R2] a tablo that moves shows a deleted message to nobody after the move that takes it out', async () => {
    await ada.say('a secret that is taken back');
    await eventually(() => bob.count('a secret that is taken back')).toBe(1);
    await ada.choose('a secret that is taken back', 'Delete');
    const confirm = ada.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true });
    await confirm.click();
    await eventually(() => bob.count('a secret that is taken back')).toBe(0);
    const from = await epoch();
    for (const text of numbered('After', 12)) await ada.say(text);
    await eventually(() => epoch()).toBeGreaterThan(from);
    const again = await stage.secondDevice(bob);
    await again.open(TABLO);
    await eventually(() => again.count('After 11.')).toBe(1);
    expect(await again.count('a secret that is taken back')).toBe(0);
  });
});
