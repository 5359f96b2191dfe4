// [R8] What the server refused while its author looked elsewhere: the marks in the list, the word that is said once, and a discard that can be undone.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let bob: Person;

beforeAll(async () => {
  stage = await openStage();
  stage.expectOutage();
  stage.expectRefusals();
  const ada = await stage.newPerson('Ada Lovelace');
  await ada.createTablo('Kitchen');
  await ada.say('What do we need?');
  bob = await stage.newPerson('Bob Marley');
  await bob.openInvite(await ada.invite());
  await bob.createTablo('Garden');
  await ada.context.close();
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

const setRole = (role: 'guest' | 'member') =>
  stage.database.query(
    `UPDATE tablo_access SET role = $1 WHERE user_id = (SELECT user_id FROM chat_profiles WHERE email = $2)
     AND tablo_id = (SELECT id FROM tablos WHERE name = 'Kitchen')`,
    [role, bob.email],
  );
const button = (name: string) => bob.page.getByRole('button', { name, exact: true });
const toasts = () => bob.page.locator('.toast').allTextContents();
const refused = () => bob.log.locator('[data-status="refused"]');

describe('a message that is refused while its author looks elsewhere', () => {
  it('[R8] a message that is refused while its author looks elsewhere is marked in the list while it waits and when it is refused, and said once, with a way to it', async () => {
    await bob.open('Kitchen');
    await bob.message('What do we need?').waitFor();
    await bob.goOffline();
    await bob.say('Order number is 4711');
    await eventually(() => bob.statusOf('Order number is 4711')).toEqual(['pending']);
    await bob.open('Garden');
    await eventually(() => bob.describe('Kitchen')).toBe('Sending. You: Order number is 4711');
    await setRole('guest');
    await bob.goOnline();
    await eventually(() => bob.describe('Kitchen')).toBe('Not delivered. You: Order number is 4711');
    await eventually(toasts).toEqual([expect.stringContaining('1 message was not delivered')]);
    expect(
      await bob.tablos.getByRole('listitem').filter({ hasText: 'Kitchen' }).locator('.badge-refused').isVisible(),
    ).toBe(true);
    await button('Show').click();
    await bob.page.getByRole('heading', { name: 'Kitchen', exact: true }).waitFor();
    await refused().waitFor();
    await eventually(toasts).toEqual([]);
  });

  it('[R8] a message that is refused while its author looks elsewhere is not said again after a reload, and stays marked', async () => {
    await bob.open('Garden');
    await bob.page.reload();
    await bob.composer.waitFor();
    await eventually(() => bob.status()).toBe('Online');
    await eventually(() => bob.describe('Kitchen')).toBe('Not delivered. You: Order number is 4711');
    expect(await toasts()).toEqual([]);
  });

  it('[R8] a message that is refused while its author looks elsewhere gives all its ways out to the keyboard, from the message itself', async () => {
    await bob.open('Kitchen');
    // A guest has no field to write in, nor to edit it in. The device learns from the server that he is one.
    await bob.composer.waitFor({ state: 'detached' });
    await refused().focus();
    const heard: string[] = [];
    for (let step = 0; step < 4; step++) {
      await bob.page.keyboard.press('ArrowRight');
      heard.push(await bob.focused());
    }
    expect(heard).toEqual(['button More', 'button Retry', 'button Copy', 'button Discard']);
    await bob.page.keyboard.press('Escape');
    expect(await bob.focused()).toBe('message Order number is 4711');
  });

  it('[R8] a refused message that is discarded is out of sight at once, and Undo brings it back', async () => {
    await bob.open('Kitchen');
    await button('Discard').click();
    await eventually(() => refused().count()).toBe(0);
    await button('Undo').click();
    await eventually(() => bob.statusOf('Order number is 4711')).toEqual(['refused']);
    expect(await toasts()).toEqual([]);
  });

  it('[R8] a refused message that is discarded is not gone from the device before the time for Undo is over', async () => {
    await bob.open('Kitchen');
    await button('Discard').click();
    await eventually(() => refused().count()).toBe(0);
    await bob.page.reload();
    await eventually(() => bob.statusOf('Order number is 4711')).toEqual(['refused']);
  });

  it('[R8] a refused message that is discarded is gone for good when nobody has undone it, also after another tablo was opened', async () => {
    await bob.open('Kitchen');
    await button('Discard').click();
    await bob.open('Garden');
    await button('Dismiss').click();
    await eventually(() => bob.describe('Kitchen')).toBe('Ada Lovelace: What do we need?');
    await bob.page.reload();
    await bob.open('Kitchen');
    await bob.message('What do we need?').waitFor();
    expect(await bob.count('Order number is 4711')).toBe(0);
  });

  it('[R8] a message that is refused while its author looks elsewhere is shown by Show, also where its author last read far above', async () => {
    // A long answer stands above it, at whose beginning Bob was when he left.
    await setRole('member');
    await bob.open('Kitchen');
    await bob.composer.waitFor();
    await bob.say(Array.from({ length: 120 }, (_, index) => `Line ${index + 1}`).join('\n'));
    await eventually(() => bob.statusOf('Line 120')).toEqual(['sent']);
    await bob.message('Line 120').getByRole('button', { name: 'Show all' }).click();
    await bob.goOffline();
    await bob.say('Order number is 4711');
    await eventually(() => bob.statusOf('Order number is 4711')).toEqual(['pending']);
    await bob.log.evaluate((log) => log.scrollTo(0, 0));
    await bob.page.getByRole('button', { name: /^Jump to the latest/ }).waitFor();
    await bob.open('Garden');
    await setRole('guest');
    await bob.goOnline();
    await eventually(() => bob.describe('Kitchen')).toContain('Not delivered.');
    await bob.page.locator('.toast', { hasText: 'not delivered' }).getByRole('button', { name: 'Show' }).click();
    await bob.page.getByRole('heading', { name: 'Kitchen', exact: true }).waitFor();
    await eventually(() =>
      refused().evaluateAll(
        ([message]) =>
          message !== undefined &&
          message.getBoundingClientRect().top >= 0 &&
          message.getBoundingClientRect().bottom <= innerHeight,
      ),
    ).toBe(true);
    await eventually(toasts).toEqual([]);
  });

  it('[R8] a message that is refused while its author looks elsewhere can be edited where one may write again, and discarded by its menu as well, which can be undone', async () => {
    await setRole('member');
    await bob.composer.waitFor();
    await refused().getByRole('button', { name: 'Edit', exact: true }).waitFor();
    await bob.choose('Order number is 4711', 'Discard');
    await eventually(() => refused().count()).toBe(0);
    await button('Undo').click();
    await eventually(() => bob.statusOf('Order number is 4711')).toEqual(['refused']);
  });
});
