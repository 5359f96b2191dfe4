// Every screen as axe-core sees it, in both themes; what comes and goes on them is in `axe-states.e2e.ts`. A new screen gets a line here.
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { expectNoFindings } from '../../support/axe.ts';
import { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const TABLO = 'Observatory';
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const SAID = 'The comet is where we thought it would be';
const UNKNOWN = '00000000-0000-4000-8000-00000000dead';

let stage: Stage;
let ada: Person;
let bob: Person;
let link: string;

beforeAll(async () => {
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
  bob = await stage.newPerson('Bob Marley');
});
afterEach(async () => {
  await ada.page.keyboard.press('Escape');
  stage.expectNoProblems();
});
afterAll(() => stage?.close());

const press = (name: string, person = ada) => person.page.getByRole('button', { name, exact: true }).click();
const dialog = (person = ada) => person.page.getByRole('dialog');

describe('axe finds nothing', () => {
  it('axe finds nothing in the sign-up with and without errors, and in the sign-in', async () => {
    const stranger = await Person.atNewTab(await stage.newContext(), stage.server.url, { name: 'X', email: 'x' });
    await stranger.page.goto(stage.server.url);
    await stranger.page.getByRole('button', { name: 'Create account' }).waitFor();
    await expectNoFindings(stranger, 'sign-up');
    await press('Create account', stranger);
    await stranger.page.getByText('Tell the others your name.').waitFor();
    await press('Show password', stranger);
    await expectNoFindings(stranger, 'sign-up with errors');
    await press('Sign in', stranger);
    await stranger.page.getByRole('heading', { name: 'Welcome back' }).waitFor();
    await expectNoFindings(stranger, 'sign-in');
    await stranger.context.close();
  });

  it('axe finds nothing in the empty start, at a desk and on a phone, and in the dialog for a new tablo', async () => {
    await expectNoFindings(ada, 'empty start');
    await press('New tablo');
    await dialog().getByRole('button', { name: 'Create' }).click();
    await dialog().getByText('Give it a name first.').waitFor();
    await expectNoFindings(ada, 'new tablo with an error');
    await ada.page.keyboard.press('Escape');
    const phone = await stage.secondDevice(ada, PHONE);
    await expectNoFindings(phone, 'empty start on a phone');
    await phone.context.close();
  });

  it('axe finds nothing in an empty conversation, and in one with replies, reactions, edits, deletions and unread tablos beside it', async () => {
    await ada.createTablo(TABLO);
    await expectNoFindings(ada, 'empty conversation');
    link = await ada.invite();
    await bob.openInvite(link);
    await bob.say(SAID);
    for (const text of ['Good.', 'Look at https://example.org', 'Gone soon', `Long: ${'many words '.repeat(300)}`])
      await ada.say(text);
    await ada.message(SAID).waitFor();
    await ada.react(SAID, '👍');
    await bob.message('Good.').waitFor();
    await bob.choose('Good.', 'Reply');
    await bob.say('Is it?');
    await ada.choose('Gone soon', 'Delete');
    await dialog().getByRole('button', { name: 'Delete', exact: true }).click();
    await ada.choose('Good.', 'Edit');
    await ada.composer.fill('Very good.');
    await ada.page.keyboard.press('Enter');
    await eventually(() => ada.count('edited')).toBe(1);
    await bob.createTablo('Sundial');
    await ada.openInvite(await bob.invite());
    await bob.say('Noon');
    await ada.message('Noon').waitFor();
    await ada.open(TABLO);
    await bob.say('And one more');
    await eventually(() => ada.unread('Sundial')).toBe(1);
    await expectNoFindings(ada, 'conversation');
  });

  it('axe finds nothing in a conversation on a phone, and in its list', async () => {
    const phone = await stage.secondDevice(ada, PHONE);
    await expectNoFindings(phone, 'list on a phone');
    await phone.open(TABLO);
    await expectNoFindings(phone, 'conversation on a phone');
    await phone.context.close();
  });

  it('axe finds nothing while a message is hovered, edited and answered, and in its menus', async () => {
    await ada.message(SAID).hover();
    await ada.message(SAID).getByRole('button', { name: 'More', exact: true }).waitFor();
    await expectNoFindings(ada, 'toolbar');
    await ada.message(SAID).getByRole('button', { name: 'More', exact: true }).click();
    await ada.page.locator('.message-menu').waitFor();
    await expectNoFindings(ada, 'menu of a message');
    await ada.page.getByLabel('More emoji').click();
    await ada.page.locator('.emoji-grid').waitFor();
    await expectNoFindings(ada, 'all emoji');
    await ada.page.keyboard.press('Escape');
    await ada.choose(SAID, 'Reply');
    await expectNoFindings(ada, 'reply');
    await ada.composer.press('Escape');
  });

  it('axe finds nothing in the account menu, Go to, the shortcuts and the search', async () => {
    await press('Account and settings');
    await ada.page.locator('.account-menu').waitFor();
    await expectNoFindings(ada, 'account menu');
    await ada.page.keyboard.press('Escape');
    await ada.page.keyboard.press('Control+k');
    await dialog().getByRole('option').first().waitFor();
    await expectNoFindings(ada, 'Go to');
    await ada.page.keyboard.type('no such tablo');
    await dialog().getByText('No tablo’s name has').waitFor();
    await expectNoFindings(ada, 'Go to without a result');
    await ada.page.keyboard.press('Escape');
    await ada.log.focus();
    await ada.page.keyboard.press('?');
    await dialog().waitFor();
    await expectNoFindings(ada, 'shortcuts');
    await ada.page.keyboard.press('Escape');
    await press('Search this tablo');
    await ada.page.keyboard.type('comet');
    await dialog().locator('[data-message-id], .search-result').first().waitFor();
    await expectNoFindings(ada, 'search');
    // The first Escape may empty the field.
    await eventually(async () => {
      await ada.page.keyboard.press('Escape');
      return dialog().count();
    }).toBe(0);
  });

  it('axe finds nothing in the settings, with links, and in what is asked there', async () => {
    const settings = await ada.openSettings();
    await settings.getByRole('button', { name: 'Create invite link' }).click();
    await settings.getByRole('button', { name: 'Revoke' }).first().waitFor();
    await expectNoFindings(ada, 'settings');
    await settings.getByRole('button', { name: /^Role of Bob Marley/ }).click();
    await dialog().getByRole('radio').first().waitFor();
    await expectNoFindings(ada, 'role');
    await ada.page.keyboard.press('Escape');
    await settings.getByRole('button', { name: 'Delete tablo' }).click();
    await dialog().getByLabel('Type its name to go on').waitFor();
    await expectNoFindings(ada, 'deletion');
    await ada.page.keyboard.press('Escape');
    await ada.closeDialog();
  });

  it('axe finds nothing in an invitation, one that has ended, and an address that leads nowhere', async () => {
    stage.expectMissing();
    stage.expectRefusals();
    const carl = await stage.newPerson('Carl Linnaeus');
    await carl.page.goto(link);
    await carl.page.getByRole('heading', { name: TABLO }).waitFor();
    await expectNoFindings(carl, 'invitation');
    await carl.page.goto(`${stage.server.url}/invite/no-such-code`);
    await carl.page.getByRole('heading', { name: 'This invitation has ended' }).waitFor();
    await expectNoFindings(carl, 'ended invitation');
    await carl.page.goto(`${stage.server.url}/t/${UNKNOWN}`);
    await carl.page.getByText(/not a member of/).waitFor();
    await expectNoFindings(carl, 'unknown tablo');
    await carl.context.close();
  });

  it('axe finds nothing offline, with messages that wait, one that was refused, and the settings', async () => {
    stage.expectOutage();
    await ada.goOffline();
    await eventually(() => ada.status()).toBe('Offline');
    await ada.say('Written under the dome');
    await eventually(() => ada.statusOf('Written under the dome')).toEqual(['pending']);
    await expectNoFindings(ada, 'offline');
    await ada.openSettings();
    await expectNoFindings(ada, 'settings offline');
    await ada.closeDialog();
    // The server does not take it: the author is a guest by now.
    await stage.database.query(
      `UPDATE tablo_access SET role = 'guest' WHERE tablo_id = (SELECT id FROM tablos WHERE name = $1)`,
      [TABLO],
    );
    await ada.goOnline();
    await eventually(() => ada.statusOf('Written under the dome')).toEqual(['refused']);
    await expectNoFindings(ada, 'refused');
  });
});
