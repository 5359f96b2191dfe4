// What comes and goes on the screens, as axe-core sees it in both themes: bars, toasts, questions, dead ends. Something new that comes and goes gets a line here.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectNoFindings } from '../../support/axe.ts';
import { PASSWORD, type Person } from '../../support/person.ts';
import { RestPerson } from '../../support/rest-person.ts';
import { seedTablo } from '../../support/seed-tablo.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

let stage: Stage;
let rita: RestPerson;
let ada: Person;
let adaId: string;
let phone: Person;

beforeAll(async () => {
  stage = await openStage();
  rita = new RestPerson(stage.server.url, 'Rita Rest');
  await rita.signUp(PASSWORD);
  ada = await stage.newPerson('Ada Lovelace');
  await ada.createTablo('Observatory');
  const rows = await stage.database.query<{ user_id: string }>('SELECT user_id FROM chat_profiles WHERE email = $1', [
    ada.email,
  ]);
  adaId = rows[0]?.user_id ?? '';
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

const button = (name: string, person = ada) => person.page.getByRole('button', { name, exact: true });
const dialog = (person = ada) => person.page.getByRole('dialog');
async function closeAll(person = ada): Promise<void> {
  await eventually(async () => {
    await person.page.keyboard.press('Escape');
    return dialog(person).count();
  }).toBe(0);
}

describe('axe finds nothing', () => {
  it('axe finds nothing in what invites people, and in invitations that wait', async () => {
    await ada.log.getByRole('button', { name: 'Invite people' }).click();
    await dialog().getByRole('button', { name: 'Create invite link' }).click();
    await dialog().getByRole('textbox', { name: 'Invite link' }).waitFor();
    await expectNoFindings(ada, 'invite people');
    await closeAll();
    await rita.askToJoin(await rita.createTablo('Roof garden'), adaId);
    await ada.page.reload();
    await button('Decline').waitFor();
    await expectNoFindings(ada, 'invitations');
    await button('Decline').click();
    await button('Decline').waitFor({ state: 'detached' });
  });

  it('axe finds nothing where much is new: bar, divider, the way to the latest', async () => {
    const members = [await rita.userId(), adaId];
    await seedTablo(stage.database, { name: 'Archive', count: 140, readSeq: 80, members });
    await ada.tabloLink('Archive').waitFor();
    await ada.open('Archive');
    await ada.page.getByRole('group', { name: 'Unread messages' }).waitFor();
    await button('Jump').click();
    await ada.log.locator('.new-separator').waitFor();
    await ada.page.getByRole('button', { name: /^Jump to the latest/ }).waitFor();
    await expectNoFindings(ada, 'much that is new');
    await button('Mark as read').click();
  });

  it('axe finds nothing while a message is edited, a reply is written, and what was typed can be brought back', async () => {
    await ada.open('Observatory');
    await ada.say('The comet is where we thought');
    await eventually(() => ada.statusOf('The comet is where we thought')).toEqual(['sent']);
    await ada.choose('The comet is where we thought', 'Edit');
    await ada.composer.fill('The comet is not where we thought');
    await expectNoFindings(ada, 'edit');
    await ada.composer.press('Escape');
    await button('Undo').waitFor();
    await expectNoFindings(ada, 'toast with Undo');
    await button('Dismiss').click();
  });

  it('axe finds nothing in what is asked before something goes', async () => {
    await ada.choose('The comet is where we thought', 'Delete');
    await dialog().getByRole('button', { name: 'Delete', exact: true }).waitFor();
    await expectNoFindings(ada, 'delete a message');
    await closeAll();
    const bob = await stage.newPerson('Bob Marley');
    await bob.openInvite(await ada.invite());
    const settings = await ada.openSettings();
    await settings.getByRole('button', { name: 'Remove Bob Marley' }).click();
    await ada.page.getByRole('heading', { name: 'Remove Bob Marley?' }).waitFor();
    await expectNoFindings(ada, 'remove a member');
    await ada.page.keyboard.press('Escape');
    await settings.getByRole('button', { name: /^Role of Bob Marley/ }).click();
    await dialog().getByRole('radio', { name: /Owner/ }).check();
    await expectNoFindings(ada, 'another owner');
    await closeAll();
    await bob.openSettings();
    await dialog(bob).getByRole('button', { name: 'Leave tablo' }).click();
    await bob.page.getByRole('heading', { name: 'Leave this tablo?' }).waitFor();
    await expectNoFindings(bob, 'leave');
    await closeAll(bob);
    await bob.context.close();
  });

  it('axe finds nothing in the message’s sheet, the settings and the search on a phone', async () => {
    phone = await stage.secondDevice(ada, PHONE);
    await phone.open('Observatory');
    await phone.message('The comet is where we thought').locator('.message-text').tap();
    await phone.message('The comet is where we thought').getByRole('button', { name: 'More', exact: true }).tap();
    await phone.menuItem('Reply').waitFor();
    await expectNoFindings(phone, 'sheet of a message');
    await button('Close', phone).tap();
    await phone.openSettings();
    await dialog(phone).getByRole('button', { name: 'Leave tablo' }).waitFor();
    await expectNoFindings(phone, 'settings on a phone');
    await phone.closeDialog();
    await button('Search this tablo', phone).tap();
    await phone.page.getByRole('searchbox').fill('comet');
    await dialog(phone).locator('[data-message-id]').first().waitFor();
    await expectNoFindings(phone, 'search on a phone');
    await closeAll(phone);
    await phone.context.close();
  });

  it('axe finds nothing at an address that leads nowhere, and in a tablo that one was removed from while writing', async () => {
    // The draft is told to a server that takes it no more.
    stage.expectRefusals();
    const carol = await stage.newPerson('Carol Shaw');
    await carol.page.goto(`${stage.server.url}/nowhere/at/all`);
    await carol.page.getByRole('heading', { name: 'There is nothing here' }).waitFor();
    await expectNoFindings(carol, 'no such place');
    await ada.open('Observatory');
    await carol.openInvite(await ada.invite());
    await carol.composer.fill('I was about to say');
    const settings = await ada.openSettings();
    await settings.getByRole('button', { name: 'Remove Carol Shaw' }).click();
    await dialog().getByRole('button', { name: 'Remove', exact: true }).click();
    await carol.page.getByRole('textbox', { name: 'Your unsent draft' }).waitFor();
    await expectNoFindings(carol, 'removed');
    await carol.context.close();
    await closeAll();
  });

  it('axe finds nothing when a session has ended, and when signing out would lose something', async () => {
    stage.expectOutage();
    stage.expectUnauthenticated();
    await ada.goOffline();
    await ada.say('Not yet with the others');
    await eventually(() => ada.statusOf('Not yet with the others')).toEqual(['pending']);
    await ada.choose('Not yet with the others', 'Do not deliver');
    await button('Undo').click();
    await eventually(() => ada.statusOf('Not yet with the others')).toEqual(['pending']);
    await button('Account and settings').click();
    await ada.page.getByRole('menuitem', { name: 'Sign out', exact: true }).click();
    await ada.page.getByRole('heading', { name: 'Sign out and lose them?' }).waitFor();
    await expectNoFindings(ada, 'sign out with losses');
    await closeAll();
    await ada.context.clearCookies();
    await ada.goOnline();
    await ada.page.reload();
    await ada.page.getByText('Your session has ended.').waitFor();
    await expectNoFindings(ada, 'session ended');
    await button('Sign in').click();
    await dialog().getByLabel('Password', { exact: true }).waitFor();
    await expectNoFindings(ada, 'sign in again');
    expect(await dialog().count()).toBe(1);
  });
});
