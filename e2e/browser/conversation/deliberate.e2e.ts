// What cannot be undone, or gives power away, happens by a decision and not by a key pressed once too often.
import type { Request } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const TABLO = 'Website  launch';
const NAME = 'Website launch';
let stage: Stage;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
  bob = await stage.newPerson('Bob Marley');
  await ada.createTablo(TABLO);
  await bob.openInvite(await ada.invite());
  await ada.say('Not to be lost');
  await ada.log.locator('[data-status="sent"]', { hasText: 'Not to be lost' }).waitFor();
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

/** What the page asks of the server to change, from now on. */
function changesBy({ page }: Person): string[] {
  const changes: string[] = [];
  page.on('request', (request: Request) => {
    const { pathname } = new URL(request.url());
    if (['POST', 'PATCH', 'PUT', 'DELETE'].includes(request.method()) && /members|channels\/[^/]+$/.test(pathname))
      changes.push(`${request.method()} ${pathname.split('/').at(-1)}`);
  });
  return changes;
}

async function enter(button: string): Promise<void> {
  await ada.page.getByRole('button', { name: button, exact: true }).focus();
  await ada.page.keyboard.press('Enter');
}

const roleOfBob = async () =>
  (
    await stage.database.query<{ role: string }>(
      'SELECT role FROM tablo_access WHERE user_id = (SELECT user_id FROM chat_profiles WHERE email = $1)',
      [bob.email],
    )
  )[0]?.role;

describe('a dialog that asks before something is lost', () => {
  it.each([
    ['Leave tablo', 'Leave this tablo?'],
    ['Delete tablo', 'Delete this tablo?'],
    ['Remove Bob Marley', 'Remove Bob Marley?'],
  ])(
    'a dialog that asks before something is lost does nothing by the Enter that opened it, pressed again: %s',
    async (button, title) => {
      const changes = changesBy(ada);
      await ada.openSettings();
      await enter(button);
      await ada.page.getByRole('dialog', { name: title }).waitFor();
      expect(await ada.focused()).toBe('button Cancel');
      await ada.page.keyboard.press('Enter');
      await ada.page.getByRole('dialog', { name: title }).waitFor({ state: 'detached' });
      expect(await ada.focused()).toBe(`button ${button}`);
      await ada.closeDialog();
      expect(changes).toEqual([]);
      expect(await stage.tabloId(NAME)).not.toBe('');
    },
  );

  it('a dialog that asks before something is lost does not delete a message by the Enter that opened it, pressed again', async () => {
    await ada.choose('Not to be lost', 'Delete');
    await ada.page.getByRole('dialog', { name: 'Delete this message?' }).waitFor();
    expect(await ada.focused()).toBe('button Cancel');
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await ada.statusOf('Not to be lost')).toEqual(['sent']);
  });
});

describe('the role of a member', () => {
  it('[R6] the role of a member is chosen with the arrow keys and told to nobody before it is saved', async () => {
    const changes = changesBy(ada);
    await ada.openSettings();
    await enter('Role of Bob Marley: Member');
    const dialog = ada.page.getByRole('dialog', { name: 'Role of Bob Marley' });
    await dialog.waitFor();
    expect(await ada.focused()).toContain('Member');
    expect(await dialog.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    for (const role of ['Admin', 'Owner', 'Guest']) {
      await ada.page.keyboard.press('ArrowUp');
      await dialog.getByRole('radio', { name: role, checked: true }).waitFor();
    }
    expect(changes).toEqual([]);
    expect(await roleOfBob()).toBe('member');
    await dialog.getByRole('button', { name: 'Save' }).focus();
    await ada.page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await eventually(roleOfBob).toBe('guest');
    // Within the dialog that is still open: what stands outside of it, nobody can read aloud or press.
    await ada.page.getByRole('dialog').getByText('Role changed.').waitFor();
    expect(changes).toEqual(['POST members']);
    await eventually(() => bob.composer.count()).toBe(0);
    await eventually(() => ada.focused()).toBe('button Role of Bob Marley: Guest');
    await ada.closeDialog();
  });

  it('[R6] the role of a member is owner only after a second question, whose first answer is no', async () => {
    const changes = changesBy(ada);
    await ada.openSettings();
    await enter('Role of Bob Marley: Guest');
    const dialog = ada.page.getByRole('dialog', { name: 'Role of Bob Marley' });
    await dialog.getByRole('radio', { name: 'Owner' }).focus();
    await ada.page.keyboard.press('Space');
    await dialog.getByRole('button', { name: 'Save' }).focus();
    await ada.page.keyboard.press('Enter');
    const question = ada.page.getByRole('dialog', { name: 'Make Bob Marley an owner?' });
    await question.waitFor();
    expect(await ada.focused()).toBe('button Cancel');
    await ada.page.keyboard.press('Enter');
    await question.waitFor({ state: 'detached' });
    expect(await ada.focused()).toBe('button Save');
    expect(changes).toEqual([]);
    expect(await roleOfBob()).toBe('guest');

    await ada.page.keyboard.press('Enter');
    await question.getByRole('button', { name: 'Make owner' }).click();
    await dialog.waitFor({ state: 'detached' });
    await eventually(roleOfBob).toBe('owner');
    expect(changes).toEqual(['POST members']);
    await ada.closeDialog();
  });
});

describe('a tablo', () => {
  it('a tablo is deleted only after its name is typed, with a sentence for what is missing, and the focus stays in the page', async () => {
    stage.expectRefusals();
    const settings = await ada.openSettings();
    await settings.getByRole('button', { name: 'Delete tablo' }).click();
    const dialog = ada.page.getByRole('dialog', { name: 'Delete this tablo?' });
    const field = dialog.getByRole('textbox', { name: 'Type its name to go on' });
    const button = dialog.getByRole('button', { name: 'Delete', exact: true });
    await dialog.getByText('The name is missing: type it as it stands above.').waitFor();
    expect(await button.isDisabled()).toBe(true);
    await field.fill('Website');
    await dialog.getByText('The end of the name is missing.').waitFor();
    await field.fill('website launch');
    await dialog.getByText('This is another name.').waitFor();
    await field.press('Enter');
    expect(await button.isDisabled()).toBe(true);
    expect(await stage.tabloId(NAME)).not.toBe('');
    // What names are cleaned of is no difference.
    await field.fill(` ${TABLO} `);
    expect(await button.isDisabled()).toBe(false);
    await button.focus();
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('dialog').first().waitFor({ state: 'detached' });
    await eventually(() => ada.tabloLink(NAME).count()).toBe(0);
    await eventually(() => ada.focused()).toBe('button New tablo');
  });
});
