// A browser process that is killed in the middle of it, and tabs that die beside others.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '@tablo/schema/testing/random';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const TABLO = 'Night train';
/** Moments in a burst at which the power goes, ms after its beginning at most. */
const KILLS = Number(process.env.BROWSER_KILLS ?? 3);
const LONGEST_MS = 2_500;
/** Far faster than people: still, a message is on the disk before the next one is written. */
const KEY_MS = 10;
const SEED = Number(process.env.SEED ?? 4);

let stage: Stage;
let ada: Person;
let bob: Person;
let userDataDir: string;

beforeAll(async () => {
  userDataDir = await mkdtemp(join(tmpdir(), 'tablo-profile-'));
  stage = await openStage({ userDataDir });
  stage.expectOutage();
  ada = await stage.newPersonInProfile('Ada Lovelace');
  await ada.createTablo(TABLO);
  await ada.waitForServiceWorker();
  // Chromium writes a new cookie to its disk when it closes, or half a minute later.
  await stage.restartBrowser(userDataDir, 'close');
  ada = await returnOf(ada);
  bob = await stage.newPerson('Bob Marley');
  await bob.openInvite(await ada.invite());
  await ada.say('All aboard');
  await bob.message('All aboard').waitFor();
});
afterEach(() => stage.expectNoProblems());
afterAll(async () => {
  await stage?.close();
  await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
});

async function returnOf(person: Person): Promise<Person> {
  const again = await Person.atNewTab(stage.profile, stage.server.url, person);
  await again.page.goto(stage.server.url);
  await again.open(TABLO);
  return again;
}

const isOnline = (person: Person) => eventually(() => person.status()).toBe('Online');
const isAway = (person: Person) => eventually(() => person.status()).toMatch(/^(Offline|Connecting)$/);

/** What stood on the screen, noted outside of the browser at every change: the last word before a power cut. */
interface Witness {
  shown: readonly string[];
  typed: string;
}

async function watch(person: Person): Promise<Witness> {
  const witness: Witness = { shown: [], typed: '' };
  await person.page.exposeFunction('tellWitness', (shown: string[], typed: string) => {
    witness.shown = shown;
    witness.typed = typed;
  });
  await person.page.evaluate(() => {
    const log = document.querySelector('[role="log"]');
    const field = document.querySelector<HTMLTextAreaElement>('textarea[aria-label="Message"]');
    const tell = () => {
      const texts = [...document.querySelectorAll('[data-message-id] .message-text')].map((one) => one.textContent);
      (window as unknown as { tellWitness(shown: unknown, typed: string): void }).tellWitness(
        texts,
        field?.value ?? '',
      );
    };
    if (log !== null) new MutationObserver(tell).observe(log, { childList: true, subtree: true });
    field?.addEventListener('input', tell);
  });
  return witness;
}

/** As a person does: letter by letter, and Enter. Ends when the browser does. */
async function typeBurst(person: Person, word: string): Promise<void> {
  for (let index = 0; ; index += 1) {
    await person.composer.pressSequentially(`${word}, message number ${index}.`, { delay: KEY_MS });
    await person.composer.press('Enter');
  }
}

describe('a browser that is killed in the middle of a burst', () => {
  it(`[R7][R8] a browser is killed ${KILLS} times, at moments at random: what stood there is there again, and is delivered once and in order`, {
    timeout: 60_000 + KILLS * 30_000,
  }, async () => {
    const random = new Random(SEED);
    await isOnline(ada);
    await stage.server.stop();
    let before: readonly string[] = ['All aboard'];
    for (let kill = 0; kill < KILLS; kill += 1) {
      await isAway(ada);
      const witness = await watch(ada);
      const burst = typeBurst(ada, `Burst ${kill}`).catch((error: Error) => error.message);
      await eventually(() => witness.shown.length).toBeGreaterThan(before.length);
      await delay(random.below(LONGEST_MS));
      await stage.restartBrowser(userDataDir, 'kill');
      expect(await burst).toMatch(/closed|crashed/);

      ada = await returnOf(ada);
      const about = `seed ${SEED}, kill ${kill}`;
      await eventually(async () => (await ada.texts()).length, 10_000).toBeGreaterThanOrEqual(witness.shown.length);
      const shown = await ada.texts();
      // What was being sent at the last instant may have been kept without having been shown.
      expect(shown.slice(0, witness.shown.length), about).toEqual(witness.shown);
      expect(shown.length - witness.shown.length, about).toBeLessThanOrEqual(1);
      expect(await ada.messages().then((all) => all.slice(1).every(({ status }) => status === 'pending'))).toBe(true);
      before = shown;
      await isSavedDraft(witness, shown, about);
      await ada.composer.fill('');
    }
    await stage.server.restart();
    await isOnline(ada);
    await eventually(async () => (await ada.messages()).filter(({ status }) => status !== 'sent').length).toBe(0);
    expect(await ada.texts()).toEqual(before);
    expect(await stage.texts(TABLO)).toEqual(before);
    bob = await stage.secondDevice(bob);
    await bob.open(TABLO);
    const ids = (await stage.messages(TABLO)).map(({ id }) => id);
    await eventually(() => bob.messageIds()).toEqual(ids);
    expect(await ada.messageIds()).toEqual(ids);
  });

  /** The draft comes back as it was when it was last saved: a part of what stood there, or of a message that has been made of it since. */
  async function isSavedDraft({ typed }: Witness, shown: readonly string[], about: string): Promise<void> {
    const draft = await ada.composer.inputValue();
    const isPart = draft.startsWith(typed) || [typed, ...shown].some((text) => text.startsWith(draft));
    expect(isPart, `${about}: the draft was “${draft}”, typed was “${typed}”`).toBe(true);
  }
});

describe('a tab that dies beside another one', () => {
  it('[R4][R8] the pending messages of a dead tab are delivered by the other, once and in order', async () => {
    const living = await ada.anotherTab();
    await living.open(TABLO);
    await isOnline(living);
    const dying = await ada.anotherTab();
    await dying.open(TABLO);
    await isOnline(dying);
    await ada.page.close();
    ada = living;
    // Not by the browser's own switch: it does not work any more once one of its tabs has crashed.
    await stage.server.stop();
    await isAway(dying);
    const texts = ['Last words', 'and more of them', 'and the very last'];
    for (const text of texts) await dying.say(text);
    await eventually(() => dying.statusOf(...texts)).toEqual(texts.map(() => 'pending'));
    await eventually(() => living.statusOf(...texts)).toEqual(texts.map(() => 'pending'));

    const crashed = new Promise((resolve) => dying.page.once('crash', resolve));
    const session = await dying.context.newCDPSession(dying.page);
    // The answer never comes: who would give it is dead.
    void session.send('Page.crash').catch(() => {});
    await crashed;
    await stage.server.restart();
    await isOnline(living);
    for (const person of [living, bob]) {
      await eventually(() => person.statusOf(...texts)).toEqual(texts.map(() => 'sent'));
      for (const text of texts) expect(await person.count(text)).toBe(1);
    }
    expect((await stage.texts(TABLO)).slice(-texts.length)).toEqual(texts);
    await dying.page.close();
  });

  it('[R4][R8] messages in flight when their tab dies are delivered once', async () => {
    const dying = await ada.anotherTab();
    await dying.open(TABLO);
    await isOnline(dying);
    const letGo = await stage.holdTablo(TABLO);
    const texts = ['Under way', 'and this one'];
    for (const text of texts) await dying.say(text);
    await stage.untilSomebodyWaitsForALock();
    await eventually(() => ada.statusOf(...texts)).toEqual(['pending', 'pending']);
    const crashed = new Promise((resolve) => dying.page.once('crash', resolve));
    const session = await dying.context.newCDPSession(dying.page);
    void session.send('Page.crash').catch(() => {});
    await crashed;
    await letGo();
    for (const person of [ada, bob]) {
      await eventually(() => person.statusOf(...texts)).toEqual(['sent', 'sent']);
      for (const text of texts) expect(await person.count(text)).toBe(1);
    }
    expect((await stage.texts(TABLO)).slice(-2)).toEqual(texts);
    await dying.page.close();
  });
});
