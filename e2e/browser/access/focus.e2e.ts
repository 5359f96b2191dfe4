// By keyboard alone: whatever is closed, chosen or removed, the focus is somewhere that has a name afterwards, and never on <body>.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const TABLO = 'Lighthouse';
let stage: Stage;
let ada: Person;

beforeAll(async () => {
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
  await ada.createTablo(TABLO);
  for (const text of ['The lamp is lit', 'Fog from the north', 'Send more oil', 'Tea at four']) await ada.say(text);
  await ada.log.locator('[data-status="sent"]', { hasText: 'Tea at four' }).waitFor();
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

/** The focus moves at once; this is for a busy machine. */
const FOCUS_DEADLINE_MS = 5_000;
const focused = (person: Person = ada) => eventually(() => person.focused(), FOCUS_DEADLINE_MS);

async function press(button: string, person: Person = ada): Promise<void> {
  await person.page.getByRole('button', { name: button, exact: true }).focus();
  await person.page.keyboard.press('Enter');
}

/** From the log up to the message, and into it to one of its buttons. */
async function walkTo(text: string, button: string): Promise<void> {
  await ada.log.focus();
  for (let steps = 0; (await ada.focused()) !== `message ${text}` && steps < 20; steps++)
    await ada.page.keyboard.press('ArrowUp');
  expect(await ada.focused()).toBe(`message ${text}`);
  for (let steps = 0; (await ada.focused()) !== `button ${button}` && steps < 20; steps++)
    await ada.page.keyboard.press('ArrowRight');
  expect(await ada.focused()).toBe(`button ${button}`);
}

const dialogs = (person: Person = ada) => person.page.getByRole('dialog');

describe('the focus, when a dialog or a menu closes, is back on what opened it', () => {
  it.each([
    ['New tablo', 'button New tablo'],
    ['Members and settings', 'button Members and settings'],
    ['Search this tablo', 'button Search this tablo'],
  ])('the focus is back on what opened it after Escape in what %s opens', async (button, place) => {
    await press(button);
    await dialogs().waitFor();
    await ada.page.keyboard.press('Escape');
    await dialogs().waitFor({ state: 'detached' });
    await focused().toBe(place);
  });

  it('the focus is back on what opened it after the settings are closed by their own button', async () => {
    await press('Members and settings');
    await dialogs().waitFor();
    await press('Close');
    await dialogs().waitFor({ state: 'detached' });
    await focused().toBe('button Members and settings');
  });

  it('the focus is back on what opened it after Escape in the account menu', async () => {
    await press('Account and settings');
    await ada.page.getByRole('menu', { name: 'Account' }).waitFor();
    await ada.page.keyboard.press('Escape');
    await ada.page.getByRole('menu', { name: 'Account' }).waitFor({ state: 'detached' });
    await focused().toBe('button Account and settings');
  });

  it('the focus is back on what opened it after two dialogs that close at once, the inner with the outer', async () => {
    const bob = await stage.newPerson('Bob Marley');
    await bob.openInvite(await ada.invite());
    await press('Members and settings');
    await press('Role of Bob Marley: Member');
    await ada.page.keyboard.press('ArrowUp');
    await ada.page.keyboard.press('ArrowUp');
    await ada.page.keyboard.press('Enter');
    await press('Make owner');
    await eventually(() => dialogs().count()).toBe(1);
    await focused().toBe('button Role of Bob Marley: Owner');
    await ada.closeDialog();
    await bob.context.close();
  });
});

describe('the focus, when what had it is gone, is on', () => {
  it('the message that was deleted, as it now stands', async () => {
    await walkTo('Fog from the north', 'More');
    await ada.page.keyboard.press('Enter');
    await ada.menuItem('Delete').focus();
    await ada.page.keyboard.press('Enter');
    await focused().toBe('button Cancel');
    await ada.page.keyboard.press('Tab');
    await ada.page.keyboard.press('Enter');
    await eventually(() => ada.count('Message deleted')).toBe(1);
    await focused().toBe('message Message deleted');
  });

  it('the button that opened the reactions, once one is chosen, and the message, once it is taken back', async () => {
    await walkTo('Send more oil', 'React');
    await ada.page.keyboard.press('Enter');
    await focused().toBe('menuitem 👍');
    await ada.page.keyboard.press('Enter');
    await ada.message('Send more oil').getByRole('button', { name: 'You reacted with 👍' }).waitFor();
    await focused().toBe('button React');
    await walkTo('Send more oil', 'You reacted with 👍, 1');
    await ada.page.keyboard.press('Enter');
    await focused().toBe('message Send more oil');
  });

  it('the first of the emoji that More emoji adds', async () => {
    await walkTo('Send more oil', 'More');
    await ada.page.keyboard.press('Enter');
    await ada.menuItem('More emoji').focus();
    await ada.page.keyboard.press('Enter');
    await focused().toBe('menuitem 😀');
    await ada.page.keyboard.press('Escape');
    await focused().toBe('button More');
  });

  it('the link that Create invite link makes, and the dialog, once the link is revoked', async () => {
    await press('Members and settings');
    await press('Create invite link');
    await focused().toBe('input Invite link');
    const revoke = dialogs().getByRole('button', { name: 'Revoke' });
    await revoke.first().waitFor();
    await revoke.last().focus();
    await ada.page.keyboard.press('Enter');
    await focused().toBe(`dialog ${TABLO}`);
    await ada.closeDialog();
  });

  it('the message that was searched for', async () => {
    await press('Search this tablo');
    await ada.page.keyboard.type('lamp');
    await dialogs()
      .getByRole('link', { name: /The lamp is lit/ })
      .focus();
    await ada.page.keyboard.press('Enter');
    await dialogs().waitFor({ state: 'detached' });
    await focused().toBe('message The lamp is lit');
  });

  it('the next message, where an undelivered one is taken away, and the one before it at the end', async () => {
    stage.expectOutage();
    await ada.goOffline();
    for (const text of ['First in the tunnel', 'Second in the tunnel']) await ada.say(text);
    for (const [gone, next] of [
      ['First in the tunnel', 'Second in the tunnel'],
      ['Second in the tunnel', 'Tea at four'],
    ] as const) {
      await eventually(() => ada.statusOf(gone)).toEqual(['pending']);
      await walkTo(gone, 'More');
      await ada.page.keyboard.press('Enter');
      await ada.menuItem('Do not deliver').focus();
      await ada.page.keyboard.press('Enter');
      await eventually(() => ada.count(gone)).toBe(0);
      await focused().toBe(`message ${next}`);
    }
    await ada.goOnline();
    await eventually(() => ada.status()).toBe('Online');
  });

  it('the composer, once somebody whose session had ended has signed in again', async () => {
    stage.expectUnauthenticated();
    await ada.context.clearCookies();
    await ada.page.reload();
    await ada.page.getByText('Your session has ended.').waitFor();
    await ada.composer.waitFor();
    await press('Sign in');
    await dialogs().getByLabel('Password', { exact: true }).focus();
    await ada.page.keyboard.type(PASSWORD);
    await ada.page.keyboard.press('Enter');
    await ada.page.getByText('Your session has ended.').waitFor({ state: 'detached' });
    await dialogs().waitFor({ state: 'detached' });
    await focused().toBe('textarea Message');
  });

  it('the tablo in the list that a phone comes back from, and in the log of the one that it opens', async () => {
    const options = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
    const phone = await stage.secondDevice(ada, options);
    await phone.tabloLink(TABLO).focus();
    await phone.page.keyboard.press('Enter');
    await phone.log.waitFor();
    await focused(phone).toBe('log Messages');
    await press('Back to all tablos', phone);
    await phone.tablos.waitFor();
    await focused(phone).toBe(`a ${TABLO}`);
    await phone.context.close();
  });
});
