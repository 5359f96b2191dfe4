// A newer version of the page, offered in two tabs.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type FrontDoor, openFrontDoor } from '../../support/front-door.ts';
import { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let door: FrontDoor;

beforeAll(async () => {
  stage = await openStage();
  // A page that loads anew ends what it was asking.
  stage.expectOutage();
  door = await openFrontDoor(stage.server.url);
});
afterEach(() => stage.expectNoProblems());
afterAll(async () => {
  await door?.close();
  await stage?.close();
});

const offer = (page: Page) => page.getByText('A newer version is ready.');
const lookForUpdate = (page: Page) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration?.update();
  });
/** What the text is: an edit, or an answer, of which message. */
const aimed = ({ page }: Person) =>
  eventually(async () => (await page.locator('.composer-context-words').allTextContents()).join(''));
/** Until the page is another one than that in which this was called. */
async function markPage(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => Object.assign(window, { isOldPage: true }));
  return () =>
    eventually(() => page.evaluate(() => 'isOldPage' in window).catch(() => true)).toBe(
      false,
    ) as unknown as Promise<void>;
}

it('[R8] a newer version of the page is loaded in each tab by its own click, whichever comes first, and what is typed there stays', async () => {
  const account = { name: 'Ada Lovelace', email: `ada.${crypto.randomUUID()}@example.org` };
  const first = await Person.atNewTab(await stage.newContext(), door.url, account);
  await first.page.goto(door.url);
  await first.signUp();
  await first.createTablo('Kitchen');
  await first.createTablo('Garden');
  await eventually(() => first.page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  const second = await first.anotherTab();
  await second.open('Kitchen');
  await second.say('The first words');
  await second.choose('The first words', 'Edit');
  await second.composer.fill('The first and the last words');
  await first.open('Garden');
  await first.say('Who has the key?');
  await first.choose('Who has the key?', 'Reply');
  await first.composer.fill('Not I');

  door.publish();
  for (const { page } of [first, second]) await lookForUpdate(page);
  for (const { page } of [first, second]) await offer(page).waitFor();
  const hasLoaded = await markPage(first.page);
  const hasLoadedToo = await markPage(second.page);
  await first.page.getByRole('button', { name: 'Load it now' }).click();
  await hasLoaded();
  await eventually(() => first.composer.inputValue()).toBe('Not I');
  await aimed(first).toBe('Replying to yourselfWho has the key?');
  expect(await offer(first.page).count()).toBe(0);

  // The other one goes on with what it has loaded, all of it, until it is asked.
  await second.page.getByRole('button', { name: 'Search this tablo' }).click();
  await second.page.getByRole('dialog', { name: 'Search this tablo' }).waitFor();
  await second.closeDialog();
  const settings = await second.openSettings();
  await settings.getByRole('button', { name: 'Create invite link' }).waitFor();
  await second.closeDialog();
  await second.page.getByRole('button', { name: 'Load it now' }).click();
  await hasLoadedToo();
  await eventually(() => second.composer.inputValue()).toBe('The first and the last words');
  await aimed(second).toBe('EditingThe first words');
  expect(await offer(second.page).count()).toBe(0);
  await first.context.close();
});
