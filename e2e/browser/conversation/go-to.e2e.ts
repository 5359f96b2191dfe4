// From tablo to tablo by the keyboard: Go to, the neighbours in the list, the next unread one; and the list of all keys.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
  bob = await stage.newPerson('Bob Marley');
  for (const name of ['Kitchen', 'Garden', 'Café', 'Old garden']) {
    await ada.createTablo(name);
    await ada.open(name);
    await ada.say(`First word in ${name}`);
    await ada.log.locator('[data-status="sent"]', { hasText: name }).waitFor();
    await bob.openInvite(await ada.invite());
  }
});
afterEach(async () => {
  await ada.page.keyboard.press('Escape');
  stage.expectNoProblems();
});
afterAll(() => stage?.close());

const keys = (chord: string, person = ada) => person.page.keyboard.press(chord);
const dialog = (person = ada) => person.page.getByRole('dialog');
const goTo = (person = ada) => dialog(person).getByRole('combobox', { name: 'Go to', exact: true });
const options = (person = ada) => dialog(person).getByRole('option').locator('bdi:first-of-type').allTextContents();
const isOpen = (tablo: string, person = ada) =>
  eventually(() => person.page.getByRole('heading', { name: tablo, exact: true, level: 1 }).count()).toBe(1);
const isInComposer = (person = ada) => eventually(() => person.focused()).toBe('textarea Message');
/** What Enter would open: assistive technology hears it while the field has the focus. */
const active = () =>
  goTo().evaluate(
    (field) =>
      document.getElementById(field.getAttribute('aria-activedescendant') ?? '')?.querySelector('bdi')?.textContent,
  );

describe('Go to', () => {
  it('Go to lists what was looked at last first, and the open tablo last; Enter opens, and one can write there', async () => {
    await ada.open('Kitchen');
    await ada.open('Café');
    await keys('Control+k');
    await goTo().waitFor();
    await eventually(() => options()).toEqual(['Kitchen', 'Old garden', 'Garden', 'Café']);
    await keys('Enter');
    await isOpen('Kitchen');
    await isInComposer();
    expect(await dialog().count()).toBe(0);
  });

  it('Go to finds by a part of a name, without its accents, and goes up and down by arrows, around the ends', async () => {
    await keys('Control+k');
    await ada.page.keyboard.type('garden');
    await eventually(() => options()).toEqual(['Garden', 'Old garden']);
    expect(await active()).toBe('Garden');
    await keys('ArrowDown');
    expect(await active()).toBe('Old garden');
    await keys('ArrowDown');
    expect(await active()).toBe('Garden');
    await keys('ArrowUp');
    await keys('Enter');
    await isOpen('Old garden');
    await keys('Control+k');
    await ada.page.keyboard.type('cafe');
    await eventually(() => options()).toEqual(['Café']);
    await dialog().getByRole('option', { name: 'Café', exact: true }).click();
    await isOpen('Café');
    await isInComposer();
  });

  it('Go to says when nothing is found, and gives the focus back after Escape', async () => {
    await ada.tabloLink('Garden').focus();
    await keys('Control+k');
    await ada.page.keyboard.type('zzz');
    await dialog().getByText('No tablo’s name has “zzz” in it.').waitFor();
    await keys('Enter');
    expect(await goTo().inputValue()).toBe('zzz');
    await keys('Escape');
    await dialog().waitFor({ state: 'detached' });
    await eventually(() => ada.focused()).toBe('a Garden');
    await isOpen('Café');
  });

  it('Go to leaves the filter of the list alone, and is there on a narrow screen, in a conversation too', async () => {
    const phone = await stage.secondDevice(ada, { viewport: { width: 360, height: 740 } });
    await phone.page.getByRole('search').getByRole('searchbox', { name: 'Search tablos' }).fill('kitch');
    await eventually(() => phone.tablos.getByRole('link').count()).toBe(1);
    await phone.open('Kitchen');
    await keys('Control+k', phone);
    await phone.page.keyboard.type('old');
    await keys('Enter', phone);
    await isOpen('Old garden', phone);
    await isInComposer(phone);
    await phone.context.close();
  });
});

describe('Alt with an arrow', () => {
  it('Alt with an arrow goes to the tablo below or above in the list, from wherever the focus is', async () => {
    const names = await ada.tablos.getByRole('link').allTextContents();
    await ada.tabloLink(names[0] ?? '').click();
    await keys('Alt+ArrowDown');
    await isOpen(names[1] ?? '');
    await ada.tabloLink(names[0] ?? '').focus();
    await keys('Alt+ArrowDown');
    await isOpen(names[2] ?? '');
    await isInComposer();
    await keys('Alt+ArrowUp');
    await isOpen(names[1] ?? '');
    await isInComposer();
  });

  it('Alt with Shift and an arrow goes to the next one with unread messages', async () => {
    await ada.open('Old garden');
    await bob.open('Kitchen');
    await bob.say('Dinner is ready');
    await eventually(() => ada.unread('Kitchen')).toBe(1);
    await keys('Alt+Shift+ArrowDown');
    await isOpen('Kitchen');
    await ada.message('Dinner is ready').waitFor();
    await eventually(() => ada.unread('Kitchen')).toBe(0);
    await keys('Alt+Shift+ArrowDown');
    await isOpen('Kitchen');
  });
});

describe('the list of shortcuts', () => {
  const list = () => ada.page.getByRole('dialog', { name: 'Keyboard shortcuts', exact: true });

  it('the list of shortcuts comes with a question mark, but not while one types', async () => {
    await ada.composer.fill('');
    await ada.composer.press('?');
    expect(await ada.composer.inputValue()).toBe('?');
    expect(await list().count()).toBe(0);
    await ada.composer.fill('');
    await ada.tabloLink('Garden').focus();
    await keys('?');
    await list().waitFor();
    for (const words of ['Go to a tablo by its name', 'New line']) await list().getByText(words).waitFor();
    await keys('Escape');
    await list().waitFor({ state: 'detached' });
    await eventually(() => ada.focused()).toBe('a Garden');
  });

  it('the list of shortcuts is in the account menu as well', async () => {
    await ada.page.getByRole('button', { name: 'Account and settings' }).click();
    await ada.page.getByText('Keyboard shortcuts', { exact: true }).click();
    await list().waitFor();
  });

  it('the list of shortcuts has nothing open behind it by its keys', async () => {
    await ada.tabloLink('Garden').focus();
    await keys('?');
    await list().waitFor();
    const address = ada.page.url();
    await keys('Control+k');
    await keys('Alt+ArrowDown');
    expect(await dialog().count()).toBe(1);
    expect(ada.page.url()).toBe(address);
  });
});
