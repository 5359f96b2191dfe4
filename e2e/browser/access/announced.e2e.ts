// What is spoken of a conversation, and what is not: a new message of somebody else, and nothing of all the rest that is put into the page.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Person } from '../../support/person.ts';
import { RestPerson } from '../../support/rest-person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const COUNT = 300;
let stage: Stage;
let ada: Person;
let bob: RestPerson;
let tablo: string;

beforeAll(async () => {
  // Small documents, so that older messages come as pages.
  stage = await openStage({ env: { EPOCH_MAX_ENTRIES: '150' } });
  bob = new RestPerson(stage.server.url, 'Bob Kahn');
  await bob.signUp(PASSWORD);
  tablo = await bob.createTablo('Archive');
  for (let index = 1; index <= COUNT; index++)
    await bob.say(tablo, `Line ${index}${index === 20 ? ' heliotrope' : ''}`);
  ada = await stage.newPerson('Ada Lovelace', {}, (page) => page.addInitScript(watchPage));
  await ada.createTablo('Kitchen');
  await bob.accept(new URL(await ada.invite()).pathname.split('/').at(-1) ?? '');
  await ada.page.goto(`${stage.server.url}/invite/${await bob.invite(tablo)}`);
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

interface Watched {
  /** Of each change that put messages into the log: how many, whether the log was live then, and what they were. */
  batches: { count: number; isLive: boolean; words: string }[];
  /** Each change that a screen reader would speak. */
  spoken: string[];
}

declare global {
  interface Window {
    watched: Watched;
  }
}

/** In the page: a program that looks at every change as it happens, and a screen reader that looks at the page when the change is over. */
function watchPage(): void {
  window.watched = { batches: [], spoken: [] };
  const isLive = (element: Element | null): boolean => {
    for (let one = element; one !== null; one = one.parentElement) {
      if (one.getAttribute('aria-busy') === 'true') return false;
      const live = one.getAttribute('aria-live') ?? (one.matches('[role=log], [role=status]') ? 'polite' : null);
      if (live !== null) return live !== 'off';
    }
    return false;
  };
  new MutationObserver((changes) => {
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes].filter((node) => node instanceof Element));
    const rows = added.flatMap((node) =>
      node.matches('[data-message-id]') ? [node] : [...node.querySelectorAll('[data-message-id]')],
    );
    const log = document.querySelector('[role=log]');
    if (rows.length > 0)
      window.watched.batches.push({ count: rows.length, isLive: isLive(log), words: rows[0]?.textContent ?? '' });
    const texts = changes.flatMap(({ type, target, addedNodes }) =>
      type === 'childList' ? [...addedNodes] : [target],
    );
    requestAnimationFrame(() => {
      for (const node of texts) {
        const around = node instanceof Element ? node : node.parentElement;
        const words = node.textContent?.trim() ?? '';
        if (words !== '' && node.isConnected && isLive(around)) window.watched.spoken.push(words);
      }
    });
  }).observe(document, { childList: true, subtree: true, characterData: true });
}

const watched = () => ada.page.evaluate(() => window.watched);
const forget = () =>
  ada.page.evaluate(() => {
    window.watched = { batches: [], spoken: [] };
  });
/** Nothing of the conversation: the connection's state is one word. */
const spoken = async () => (await watched()).spoken.filter((words) => !/^(?:Online|Connecting|Offline)$/u.test(words));

describe('what a screen reader says by itself', () => {
  it('what a screen reader says by itself is nothing while a tablo opens, older pages come, a search result is jumped to, and tools are shown', async () => {
    await ada.page.getByRole('button', { name: 'Accept', exact: true }).click();
    await ada.message(`Line ${COUNT}`).waitFor();
    await eventually(() => ada.status()).toBe('Online');
    // All of it is new to her.
    await ada.page.getByRole('button', { name: 'Mark as read', exact: true }).click();
    await eventually(() => ada.unread('Archive')).toBe(0);
    await ada.message(`Line ${COUNT}`).hover();
    await ada.message(`Line ${COUNT}`).getByRole('button', { name: 'More', exact: true }).waitFor();
    for (const line of [180, 80]) {
      await eventually(async () => {
        await ada.log.evaluate((log) => log.scrollTo(0, 0));
        return ada.count(`Line ${line}`);
      }).toBeGreaterThan(0);
    }
    await ada.page.getByRole('button', { name: /^Jump to the latest/u }).click();
    await ada.message(`Line ${COUNT}`).waitFor();
    await ada.open('Kitchen');
    for (const text of ['While away', 'Still away']) await bob.say(tablo, text);
    await eventually(() => ada.unread('Archive')).toBe(2);
    await ada.open('Archive');
    await ada.message('Still away').waitFor();
    await eventually(() => ada.unread('Archive')).toBe(0);
    const { batches } = await watched();
    expect(batches.length).toBeGreaterThan(3);
    expect(batches.filter(({ isLive }) => isLive)).toEqual([]);
    expect(await spoken()).toEqual([]);
  });

  it('what a screen reader says by itself is a new message of somebody else, once, with their name, and the log is live in that change alone', async () => {
    // What comes before the server has answered belongs to the opening.
    await eventually(async () => {
      await bob.say(tablo, 'Is anybody there?');
      // One at a time: those that come together are counted.
      await ada.page.waitForFunction(() => window.watched.spoken.length > 0, null, { timeout: 2_000 }).catch(() => {});
      return (await spoken()).length;
    }).toBeGreaterThan(0);
    // Nor is anything of the opening said late.
    expect((await spoken()).filter((words) => /away|Line/u.test(words))).toEqual([]);
    await bob.say(tablo, 'Then I make tea.');
    await eventually(async () => (await spoken()).at(-1)).toContain('Then I make tea.');
    await forget();
    await bob.say(tablo, 'The kettle boils');
    await eventually(spoken).toEqual(['Bob Kahn: The kettle boils']);
    const { batches } = await watched();
    expect(batches).toEqual([{ count: 1, isLive: true, words: expect.stringContaining('The kettle boils') }]);
    expect(await ada.log.getAttribute('aria-live')).toBe('off');
  });

  it('what a screen reader says by itself is the same words again, when they are written again, and the beginning of a long text', async () => {
    await forget();
    await bob.say(tablo, 'The kettle boils');
    await eventually(spoken).toEqual(['Bob Kahn: The kettle boils']);
    await forget();
    await bob.say(tablo, 'Water and tea leaves. '.repeat(100));
    await eventually(spoken).toEqual([expect.stringMatching(/^Bob Kahn: Water and tea .{180,230}…$/u)]);
  });

  it('what a screen reader says by itself is not an own message, an edit or a reaction', async () => {
    await forget();
    await ada.say('I come at once');
    await eventually(() => ada.statusOf('I come at once')).toEqual(['sent']);
    await ada.react('I come at once', '👍');
    await ada.choose('I come at once', 'Edit');
    await ada.say('I come in a minute');
    await ada.message('I come in a minute').waitFor();
    await bob.say(tablo, 'Good');
    await eventually(spoken).toEqual(['Bob Kahn: Good']);
  });

  it('what a screen reader says by itself is the number of messages, where many came at once', async () => {
    stage.expectOutage();
    await forget();
    await ada.goOffline();
    await eventually(() => ada.status()).not.toBe('Online');
    for (let index = 1; index <= 12; index++) await bob.say(tablo, `Missed ${index}`);
    await ada.goOnline();
    await ada.message('Missed 12').waitFor();
    await eventually(spoken).toEqual(['12 new messages']);
  });
});
