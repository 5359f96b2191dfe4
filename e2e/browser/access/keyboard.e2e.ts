// The ten commonest tasks by keyboard alone, by what a screen reader says: nothing here points, clicks or looks at the page.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { ScreenReader } from '../../support/screen-reader.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const TABLO = 'Observatory';
const COMPOSER = 'textbox Message';
let stage: Stage;
let ada: Person;
let bob: Person;
let reader: ScreenReader;

beforeAll(async () => {
  stage = await openStage();
  bob = await stage.newPerson('Bob Kahn', { locale: 'en-GB' });
  await bob.createTablo(TABLO);
  ada = await stage.newPerson('Ada Lovelace', { locale: 'en-GB' });
  await ada.openInvite(await bob.invite());
  await ada.createTablo('Somewhere else');
  for (const text of ['Clouds until ten', 'See https://a.example/sky and https://a.example/moon', 'The dome is open'])
    await bob.say(text);
  await bob.log.locator('[data-status="sent"]', { hasText: 'The dome is open' }).waitFor();
  reader = new ScreenReader(ada);
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

describe('by keyboard and ear alone one can', () => {
  it('a person can by keyboard and ear alone open a tablo, from the start of the page', async () => {
    await reader.go('Shift+Tab', 'link Skip to the message field', 20);
    await reader.press('Enter');
    await reader.expectToHear(COMPOSER);
    await reader.go('Shift+Tab', `link ${TABLO}`, 20);
    await reader.press('Enter');
    await reader.expectToHear(COMPOSER);
    await ada.page.getByRole('heading', { name: TABLO, exact: true }).waitFor();
    await ada.message('The dome is open').waitFor();
  });

  it('a person can by keyboard and ear alone read the newest message, one Tab from the composer, and the ones before it', async () => {
    expect(await reader.go('Shift+Tab', /^article Bob Kahn The dome is open \d/u)).toBe(1);
    await reader.press('ArrowUp', 'ArrowUp');
    await reader.expectToHear(/^article Bob Kahn Clouds until ten \d/u);
    await reader.press('End');
    await reader.expectToHear(/^article Bob Kahn The dome is open \d/u);
  });

  it('a person can by keyboard and ear alone write a message', async () => {
    await reader.press('Escape');
    await reader.expectToHear(COMPOSER);
    await reader.type('I bring the thermos');
    await reader.press('Enter');
    await eventually(() => ada.statusOf('I bring the thermos')).toEqual(['sent']);
    await reader.expectToHear(COMPOSER);
  });

  it('a person can by keyboard and ear alone reply', async () => {
    await reader.press('Shift+Tab');
    await reader.go('ArrowUp', /^article Bob Kahn The dome is open/u);
    await reader.press('r');
    await reader.expectToHear(COMPOSER);
    await reader.type('On my way');
    await reader.press('Enter');
    await eventually(() => ada.statusOf('On my way')).toEqual(['sent']);
    const [asked, answer] = (await stage.messages(TABLO)).filter(({ text }) => /dome|way/u.test(text));
    expect(answer?.reply_to).toBe(asked?.id);
  });

  it('a person can by keyboard and ear alone react, with an emoji that is found by arrows', async () => {
    await reader.press('Shift+Tab');
    await reader.go('ArrowUp', /^article Bob Kahn Clouds/u);
    await reader.press('Enter');
    await reader.go('ArrowRight', 'button React');
    await reader.press('Enter');
    await reader.expectToHear('menuitem 👍');
    await reader.press('ArrowRight', 'ArrowRight');
    await reader.expectToHear('menuitem 😂');
    await reader.press('ArrowDown');
    await reader.go('ArrowUp', 'menuitem 😂', 2);
    await reader.press('Enter');
    await ada.message('Clouds').getByRole('button', { name: 'You reacted with 😂' }).waitFor();
    await reader.expectToHear('button React');
  });

  it('a person can by keyboard and ear alone edit', async () => {
    await reader.press('Escape');
    await reader.go('ArrowDown', /^article You I bring the thermos/u);
    await reader.press('e');
    await reader.expectToHear(COMPOSER);
    expect(await ada.composer.inputValue()).toBe('I bring the thermos');
    await reader.type(' and two cups');
    await reader.press('Enter');
    await eventually(() => ada.statusOf('two cups')).toEqual(['sent']);
    await eventually(() => stage.texts(TABLO)).toContain('I bring the thermos and two cups');
  });

  it('a person can by keyboard and ear alone delete, with a question, and hear what is there now', async () => {
    await reader.press('Shift+Tab');
    await reader.go('ArrowDown', /^article You On my way/u);
    await reader.press('ArrowRight');
    await reader.go('ArrowRight', 'button More');
    await reader.press('Enter', 'd');
    await reader.expectToHear('menuitem Delete');
    await reader.press('Enter');
    await reader.expectToHear('button Cancel');
    await reader.press('Tab');
    await reader.expectToHear('button Delete');
    await reader.press('Enter');
    await reader.expectToHear(/^article You Message deleted \d/u);
  });

  it('a person can by keyboard and ear alone search, and land on what was found', async () => {
    await reader.go('Shift+Tab', /^button .*Search/iu);
    await reader.press('Enter');
    await reader.expectToHear(/^searchbox .*Search/iu);
    await reader.type('moon');
    await ada.page
      .getByRole('dialog')
      .getByText(/a\.example\/moon/u)
      .first()
      .waitFor();
    await reader.go('Tab', /^(?:button|link) .*moon/u);
    await reader.press('Enter');
    await reader.expectToHear(/^article Bob Kahn See .*moon/u);
  });

  it('a person can by keyboard and ear alone open the settings, and be back where they were opened', async () => {
    await reader.go('Shift+Tab', 'button Members and settings');
    await reader.press('Enter');
    await reader.expectToHear(/^dialog /u);
    await reader.press('Escape');
    await reader.expectToHear('button Members and settings');
  });

  it('a person can by keyboard and ear alone sign out, from the account menu', async () => {
    await reader.go('Shift+Tab', 'button Account and settings', 20);
    await reader.press('Enter');
    await reader.expectToHear('menuitemradio System');
    await reader.press('ArrowUp');
    await reader.expectToHear('menuitem Sign out');
    await reader.press('ArrowDown', 's');
    await reader.expectToHear('menuitem Sign out');
    await reader.press('Enter');
    await ada.page.getByLabel('Password', { exact: true }).waitFor();
  });
});
