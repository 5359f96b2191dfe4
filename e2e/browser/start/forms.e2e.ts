// Forms that say what is wrong, where it is wrong: in words, at the field, with the focus there, and with all that was typed still in them.
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let ada: Person;

beforeAll(async () => {
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

const field = (page: Page, label: string) => page.getByLabel(label, { exact: true });

/** What assistive technology is told of a field: whether it is wrong, and the words that describe it. */
const toldOf = (control: Locator) =>
  control.evaluate((element) => ({
    isInvalid: element.getAttribute('aria-invalid') === 'true',
    description: (element.getAttribute('aria-describedby') ?? '')
      .split(/\s+/u)
      .map((id) => document.getElementById(id)?.textContent ?? '')
      .join(' ')
      .trim(),
  }));

async function openForm(): Promise<Page> {
  const stranger = await Person.atNewTab(await stage.newContext(), stage.server.url, { name: '', email: '' });
  await stranger.page.goto(stage.server.url);
  await stranger.page.getByRole('button', { name: 'Create account', exact: true }).waitFor();
  return stranger.page;
}
const send = (page: Page) => page.getByRole('button', { name: 'Create account', exact: true }).click();
const isFocused = (control: Locator) => control.evaluate((element) => element === document.activeElement);

describe('the sign-up', () => {
  it('the sign-up says at every field what is wrong with it, goes to the first of them, and keeps what was typed', async () => {
    const page = await openForm();
    await field(page, 'Email').fill('foo@bar');
    await field(page, 'Password').fill('short');
    await send(page);
    await eventually(() => toldOf(field(page, 'Name'))).toEqual({
      isInvalid: true,
      description: 'Tell the others your name.',
    });
    expect(await toldOf(field(page, 'Email'))).toEqual({
      isInvalid: true,
      description: 'This does not look like an email address, such as name@example.org.',
    });
    expect(await toldOf(field(page, 'Password'))).toEqual({
      isInvalid: true,
      description: 'At least 8 characters. The password needs at least 8 characters.',
    });
    await eventually(() => isFocused(field(page, 'Name'))).toBe(true);
    expect(await field(page, 'Email').inputValue()).toBe('foo@bar');
    expect(await field(page, 'Password').inputValue()).toBe('short');
    // What is mended is judged no more; the next wrong field has the focus after the next try.
    await field(page, 'Name').fill('Grace');
    expect(await toldOf(field(page, 'Name'))).toEqual({ isInvalid: false, description: '' });
    await send(page);
    await eventually(() => isFocused(field(page, 'Email'))).toBe(true);
    await page.context().close();
  });

  it.each([
    ['Email', 'an address with two at signs', { Email: 'a@b@example.org' }, /does not look like an email address/],
    ['Email', 'an address with two dots', { Email: 'dots..in@example.org' }, /does not look like an email address/],
    ['Email', 'an address that has an account', { Email: 'known' }, /There is an account with this email already/],
    ['Name', 'a name that shows nothing', { Name: '\u200B' }, /character that can be seen/],
    ['Name', 'a name that is too long', { Name: 'x'.repeat(201) }, /1 to 200 characters/],
    ['Password', 'a password that is too long', { Password: 'x'.repeat(129) }, /128 characters at most/],
  ] as const)(
    'the sign-up ties to %s what page or server have against %s, in our words',
    async (wrong, _, typed, words) => {
      stage.expectRefusedForms();
      const page = await openForm();
      const given = { Name: 'Grace', Email: `grace.${crypto.randomUUID()}@example.org`, Password: PASSWORD, ...typed };
      if (given.Email === 'known') given.Email = ada.email;
      for (const [label, value] of Object.entries(given)) await field(page, label).fill(value);
      await send(page);
      await eventually(async () => (await toldOf(field(page, wrong))).description).toMatch(words);
      await eventually(() => isFocused(field(page, wrong))).toBe(true);
      for (const [label, value] of Object.entries(given)) {
        expect(await field(page, label).inputValue()).toBe(value);
        expect((await toldOf(field(page, label))).isInvalid).toBe(label === wrong);
      }
      expect(await page.locator('body').textContent()).not.toMatch(/\[body|Invalid |Too small|expected/);
      await page.context().close();
    },
  );

  it('the sign-up shows the password to whoever wants to see it, and hides it again', async () => {
    const page = await openForm();
    await field(page, 'Password').fill('open sesame');
    await page.getByRole('button', { name: 'Show password', exact: true }).click();
    expect(await field(page, 'Password').getAttribute('type')).toBe('text');
    expect(await field(page, 'Password').inputValue()).toBe('open sesame');
    await page.getByRole('button', { name: 'Hide password', exact: true }).click();
    expect(await field(page, 'Password').getAttribute('type')).toBe('password');
    await page.context().close();
  });
});

it('the sign-in says at the password that it is not that of this account, and the form that the server is away', async () => {
  stage.expectRefusedForms();
  const page = await openForm();
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await field(page, 'Email').fill(ada.email);
  await field(page, 'Password').fill('not that one');
  const submit = page.locator('form').getByRole('button', { name: 'Sign in', exact: true });
  await submit.click();
  await eventually(() => toldOf(field(page, 'Password'))).toEqual({
    isInvalid: true,
    description: 'This email and password do not belong together.',
  });
  await eventually(() => isFocused(field(page, 'Password'))).toBe(true);
  stage.expectOutage();
  await page.context().setOffline(true);
  await field(page, 'Password').fill(PASSWORD);
  await submit.click();
  await eventually(() => page.getByRole('alert').textContent()).toMatch(/cannot be reached/);
  expect(await field(page, 'Email').inputValue()).toBe(ada.email);
  await page.context().close();
});

describe('the forms of a tablo', () => {
  it('the forms of a tablo say at the field that a name is missing, or cannot be seen', async () => {
    const { page } = ada;
    await page.getByRole('button', { name: 'New tablo', exact: true }).click();
    const name = page.getByRole('dialog').getByRole('textbox', { name: 'Name', exact: true });
    for (const [typed, words] of [
      ['', 'Give it a name first.'],
      ['\u200B', 'The name must have a character that can be seen.'],
    ] as const) {
      await name.fill(typed);
      await page.getByRole('button', { name: 'Create', exact: true }).click();
      await eventually(() => toldOf(name)).toEqual({ isInvalid: true, description: words });
      await eventually(() => isFocused(name)).toBe(true);
    }
    await name.fill('Workshop');
    await name.press('Enter');
    await ada.composer.waitFor();
    const settings = await ada.openSettings();
    const rename = settings.getByRole('textbox', { name: 'New name of this tablo' });
    await rename.fill(' ');
    await rename.press('Enter');
    await eventually(() => toldOf(rename)).toEqual({ isInvalid: true, description: 'Give it a name first.' });
    await ada.closeDialog();
  });

  it('[R7] the forms of a tablo are disabled without the server, with the reason at each, and let nobody lose what is typed there', async () => {
    stage.expectOutage();
    const settings = await ada.openSettings();
    const rename = settings.getByRole('textbox', { name: 'New name of this tablo' });
    await rename.fill('Work shop');
    await ada.goOffline();
    await settings.getByText('You are offline').waitFor();
    const controls = [
      rename,
      settings.getByLabel('They join as'),
      ...['Create invite link', 'Rename', 'Leave tablo', 'Delete tablo'].map((name) =>
        settings.getByRole('button', { name, exact: true }),
      ),
    ];
    for (const control of controls) {
      expect(await control.isDisabled()).toBe(true);
      expect((await toldOf(control)).description).toMatch(/^You are offline: changes here need a connection/);
    }
    await settings.getByRole('button', { name: 'Delete tablo' }).click({ force: true });
    expect(await ada.page.getByRole('dialog').count()).toBe(1);
    await ada.goOnline();
    await eventually(() => rename.isDisabled()).toBe(false);
    expect(await rename.inputValue()).toBe('Work shop');
    await ada.closeDialog();
  });
});

describe('what is said about the connection', () => {
  it('[R7] what is said about the connection counts what waits', async () => {
    stage.expectOutage();
    const strip = ada.page.getByText('You are offline.');
    await ada.goOffline();
    await strip.waitFor();
    expect(await strip.textContent()).not.toMatch(/waiting/);
    for (const [text, words] of [
      ['One', '1 message or change is waiting.'],
      ['Two', '2 messages or changes are waiting.'],
    ] as const) {
      await ada.say(text);
      await eventually(() => strip.textContent()).toContain(words);
    }
    await ada.goOnline();
    await eventually(() => ada.statusOf('One', 'Two')).toEqual(['sent', 'sent']);
  });
});

describe('what is said for a moment', () => {
  const toast = (words: string) => ada.page.locator('.toast').filter({ hasText: words });
  const failed = () => toast('That did not work.');

  it('what is said for a moment goes by itself when it is good news, and stays until it is closed when something failed', async () => {
    stage.expectOutage();
    await ada.page.clock.install();
    await ada.page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error('denied'));
      document.execCommand = () => false;
    });
    await ada.choose('One', 'Copy text');
    await failed().waitFor();
    const settings = await ada.openSettings();
    await settings.getByRole('textbox', { name: 'New name of this tablo' }).fill('Studio');
    await settings.getByRole('button', { name: 'Rename', exact: true }).click();
    await toast('Renamed.').waitFor();
    await ada.closeDialog();
    await ada.page.clock.runFor(15_000);
    await eventually(() => toast('Renamed.').count()).toBe(0);
    expect(await failed().count()).toBe(1);
    await failed().getByRole('button', { name: 'Dismiss' }).click();
    await eventually(() => failed().count()).toBe(0);
    await ada.page.clock.resume();
  });
});
