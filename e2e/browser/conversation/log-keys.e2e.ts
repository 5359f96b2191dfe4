// The keys of the conversation and of its menus: one tab stop for all messages, walking inside, typing from wherever one is.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD, type Person } from '../../support/person.ts';
import { RestPerson } from '../../support/rest-person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const TABLO = 'Harbour';
const LAST = 'Message 120';
const LINKS = 'Charts at https://a.example/north and https://a.example/south';
let stage: Stage;
let ada: Person;

beforeAll(async () => {
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
  await ada.createTablo(TABLO);
  const rita = new RestPerson(stage.server.url, 'Rita Rest');
  await rita.signUp(PASSWORD);
  await rita.accept(new URL(await ada.invite()).pathname.split('/').at(-1) ?? '');
  const tablo = await stage.tabloId(TABLO);
  for (let index = 1; index <= 119; index++)
    await rita.say(tablo, index === 110 ? LINKS : `Message ${index}${index % 10 === 5 ? ' https://a.example/5' : ''}`);
  await ada.message('Message 119').waitFor();
  await ada.say(LAST);
  await ada.log.locator('[data-status="sent"]', { hasText: LAST }).waitFor();
  // So many at once may have outrun the view: then a bar with buttons of its own tells of them.
  const markAsRead = ada.page.getByRole('button', { name: 'Mark as read', exact: true });
  if (await markAsRead.isVisible()) await markAsRead.click();
  await markAsRead.waitFor({ state: 'detached' });
});
beforeEach(() => ada.composer.focus());
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

const press = async (...keys: readonly string[]) => {
  for (const key of keys) await ada.page.keyboard.press(key);
};
const focused = () => eventually(() => ada.focused(), 5_000);
const draft = () => eventually(() => ada.composer.inputValue());

describe('the messages of a conversation', () => {
  it('the messages of a conversation are one tab stop between the header and the composer, however many links and buttons are in them', async () => {
    await ada.page.getByRole('button', { name: 'Members and settings' }).focus();
    await press('Tab');
    await focused().toBe(`message ${LAST}`);
    await press('Tab');
    await focused().toBe('textarea Message');
    await press('Shift+Tab', 'ArrowUp', 'ArrowUp', 'Tab', 'Shift+Tab');
    await focused().toBe('message Message 118');
    await press('Shift+Tab');
    await focused().toBe('button Members and settings');
    await press('Tab', 'End');
    await focused().toBe(`message ${LAST}`);
  });

  it('the messages of a conversation are walked by arrows, pages, Home and End, and what has the focus is in view', async () => {
    await press('Shift+Tab', 'ArrowUp', 'ArrowDown', 'ArrowUp');
    await focused().toBe('message Message 119');
    const inView = async (text: string) => {
      const [box, log] = [await ada.message(text).boundingBox(), await ada.log.boundingBox()];
      return box !== null && log !== null && box.y >= log.y - 1 && box.y + box.height <= log.y + log.height + 1;
    };
    await press('PageUp');
    const above = (await ada.focused()).replace('message ', '');
    expect(above).toMatch(/^Message 1?\d\d$/u);
    expect(Number(above.replace('Message ', ''))).toBeLessThan(116);
    await eventually(() => inView(above)).toBe(true);
    await press('PageDown', 'PageDown');
    await focused().toBe(`message ${LAST}`);
    // Home leads to the first that is loaded, and older ones are fetched meanwhile.
    await eventually(async () => {
      await press('Home');
      return ada.focused();
    }).toBe('message Message 1');
    await eventually(() => inView('Message 1')).toBe(true);
    await press('End');
    await focused().toBe(`message ${LAST}`);
    await eventually(() => inView(LAST)).toBe(true);
  });

  it('the messages of a conversation give their links and buttons to Enter and the arrow to the right, and get the focus back by Escape and the arrow to the left', async () => {
    await press('Shift+Tab');
    for (let step = 0; step < 10; step++) await press('ArrowUp');
    await focused().toBe(`message ${LINKS}`);
    await press('Enter');
    await focused().toBe('a https://a.example/north');
    await press('ArrowRight');
    await focused().toBe('a https://a.example/south');
    await press('ArrowRight');
    await focused().toBe('button React');
    await press('End');
    await focused().toBe('button More');
    await press('Home', 'ArrowLeft');
    await focused().toBe(`message ${LINKS}`);
    await press('ArrowRight', 'ArrowRight', 'Escape');
    await focused().toBe(`message ${LINKS}`);
    await press('ArrowRight', 'ArrowDown');
    await focused().toBe('message Message 111');
    await press('ArrowUp', 'ArrowRight', 'Tab');
    await focused().toBe('textarea Message');
  });
});

describe('a key in the conversation', () => {
  it('a key in the conversation that is a letter goes into the composer, after what is there', async () => {
    await ada.composer.fill('Wind from ');
    await press('Shift+Tab');
    await ada.page.keyboard.type('the north');
    await draft().toBe('Wind from the north');
    await press('Shift+Tab', 'ArrowRight');
    await ada.page.keyboard.type('-west');
    await draft().toBe('Wind from the north-west');
    await ada.composer.fill('');
  });

  it('a key in the conversation that is R replies and E edits, where that can be done, and otherwise is a letter', async () => {
    await press('Shift+Tab', 'ArrowUp', 'r');
    await ada.page.getByText('Replying to Rita').waitFor();
    await focused().toBe('textarea Message');
    await press('Escape');
    await press('Shift+Tab', 'End', 'e');
    await draft().toBe(LAST);
    await press('Escape');
    await draft().toBe('');
    await press('Shift+Tab', 'ArrowUp', 'e');
    await draft().toBe('e');
    await ada.composer.fill('');
  });

  it('a key in the conversation that is R is a letter on a message that was clicked: who clicks there and types is writing', async () => {
    await ada.message('Message 119').click({ position: { x: 500, y: 5 } });
    await ada.page.keyboard.type('right');
    await draft().toBe('right');
    await ada.composer.fill('');
  });

  it('a key in the conversation that is Escape goes to the composer', async () => {
    await press('Shift+Tab');
    await focused().toBe('message Message 119');
    await press('Escape');
    await focused().toBe('textarea Message');
  });
});

describe('the menu of a message', () => {
  const more = () => ada.message(LAST).getByRole('button', { name: 'More', exact: true });
  const open = async () => {
    await press('Shift+Tab', 'End', 'Enter', 'End');
    await focused().toBe('button More');
    expect(await more().getAttribute('aria-haspopup')).toBe('menu');
    expect(await more().getAttribute('aria-expanded')).toBe('false');
    await press('Enter');
    await ada.messageMenu.waitFor();
    expect(await more().getAttribute('aria-expanded')).toBe('true');
    await focused().toBe('menuitem 👍');
  };
  const closed = async () => {
    await ada.messageMenu.waitFor({ state: 'detached' });
    expect(await more().getAttribute('aria-expanded')).toBe('false');
  };

  it('the menu of a message is walked by arrows, Home, End and first letters, and Escape leads back to what opened it', async () => {
    await open();
    await press('ArrowDown');
    await focused().toMatch(/^menuitem Reply/u);
    await press('ArrowDown');
    await focused().toBe('menuitem React');
    await press('End');
    await focused().toBe('menuitem Delete');
    await press('ArrowDown');
    await focused().toMatch(/^menuitem (?:👍|❤️|😂|🎉|👀|✅|More emoji)$/u);
    await press('c');
    await focused().toMatch(/^menuitem Copy/u);
    await press('Home');
    await focused().toBe('menuitem 👍');
    await press('Escape');
    await closed();
    await focused().toBe('button More');
  });

  it('the menu of a message that was closed leaves the commands to the message that is pointed at next', async () => {
    await ada.page.mouse.move(0, 0);
    await ada.message(LAST).hover();
    await ada.message(LAST).getByRole('button', { name: 'More', exact: true }).click();
    await ada.messageMenu.waitFor();
    await press('Escape');
    await ada.messageMenu.waitFor({ state: 'detached' });
    // One movement, as of a hand that is quick.
    await ada.message('Message 118').hover();
    await ada.message('Message 118').getByRole('button', { name: 'React', exact: true }).waitFor();
    expect(await ada.log.getByRole('button', { name: 'More', exact: true }).count()).toBe(1);
  });

  it('the menu of a message closes by Tab, which goes on from where it was opened', async () => {
    await open();
    await press('Tab');
    await ada.messageMenu.waitFor({ state: 'detached' });
    await focused().toBe('textarea Message');
  });

  it('the menu of a message has React, and its emoji are walked in both directions', async () => {
    await open();
    await ada.menuItem('React').focus();
    await press('Enter');
    await focused().toBe('menuitem 👍');
    await press('ArrowRight');
    await focused().toBe('menuitem ❤️');
    const below = async () => {
      const [from, to] = [await ada.menuItem('❤️').boundingBox(), await ada.page.locator(':focus').boundingBox()];
      return [Math.round((to?.x ?? 0) - (from?.x ?? 0)), (to?.y ?? 0) > (from?.y ?? 0)];
    };
    await press('ArrowDown');
    expect(await below()).toEqual([0, true]);
    await press('ArrowUp', 'ArrowLeft');
    await focused().toBe('menuitem 👍');
    await press('Escape');
    await ada.messageMenu.waitFor({ state: 'detached' });
    await focused().toBe('button More');
  });

  it('the menu of a message of the account is one too, and its themes are radio items', async () => {
    await ada.page.getByRole('button', { name: 'Account and settings' }).focus();
    await press('Enter', 'ArrowDown', 'ArrowDown', 'Enter');
    const menu = ada.page.getByRole('menu', { name: 'Account' });
    await menu.getByRole('menuitemradio', { name: 'Dark', exact: true, checked: true }).waitFor();
    await press('Home', 'Enter');
    await menu.getByRole('menuitemradio', { name: 'System', exact: true, checked: true }).waitFor();
    await press('Tab');
    await menu.waitFor({ state: 'detached' });
    await focused().toBe('input Search tablos');
  });
});
