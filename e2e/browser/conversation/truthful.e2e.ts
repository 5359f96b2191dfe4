// What stands on the screen is as true as what is stored: days of late messages, what is deleted while somebody answers or edits it, names that are long.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const DAY_MS = 86_400_000;

let stage: Stage;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  stage = await openStage();
  stage.expectOutage();
  bob = await stage.newPerson('Bob Kahn', { locale: 'en-GB' });
  await bob.createTablo('Kitchen');
  ada = await stage.newPerson('Ada Lovelace', { locale: 'en-GB' });
  await ada.openInvite(await bob.invite());
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

async function deleteIt(person: Person, text: string): Promise<void> {
  await person.choose(text, 'Delete');
  await person.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
}

describe('a time', () => {
  it.each([1, 2])(
    '[R5] of what was written offline %d days ago names its day, and has its date in the title',
    async (days) => {
      // She has seen nothing newer: our clients never write a time before anything they have seen [R5].
      const carol = await stage.newPerson('Carol Shaw');
      const tablo = `Late by ${days}`;
      await carol.createTablo(tablo);
      await bob.openInvite(await carol.invite());
      await carol.page.clock.setSystemTime(Date.now() - days * DAY_MS);
      await carol.page.reload();
      await eventually(() => carol.status()).toBe('Online');
      await carol.goOffline();
      await eventually(() => carol.status()).toBe('Offline');
      await carol.say('I will be late');
      await eventually(() => carol.statusOf('I will be late')).toEqual(['pending']);
      await carol.goOnline();
      await eventually(() => carol.statusOf('I will be late')).toEqual(['sent']);
      await bob.open(tablo);
      const [row] = await stage.messages(tablo);
      const [written, title] = await bob.page.evaluate((at) => {
        const part = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat('en-GB', options).format(at);
        return [
          `${part({ weekday: 'long' })} ${part({ timeStyle: 'short' })}`,
          part({ day: 'numeric', month: 'short', year: 'numeric' }),
        ];
      }, row?.sent_at ?? 0);
      const note = bob.message('I will be late').getByText(`sent while offline, written ${written}`);
      await note.waitFor();
      expect(await bob.message('I will be late').locator('.message-offline').getAttribute('title')).toContain(title);
      await carol.context.close();
    },
  );

  it('a time has its date in the title and for assistive technology, as has "edited", all by the browser’s clock of 24 hours', async () => {
    await bob.open('Kitchen');
    await bob.say('There is sope');
    await eventually(() => bob.statusOf('There is sope')).toEqual(['sent']);
    await bob.choose('There is sope', 'Edit');
    await bob.composer.fill('There is soup');
    await bob.composer.press('Enter');
    const message = ada.message('There is soup');
    await message.getByText('edited').waitFor();
    const year = String(new Date().getFullYear());
    expect(await message.locator('time').getAttribute('title')).toMatch(new RegExp(`${year}, \\d\\d:\\d\\d$`));
    expect(await message.getByText('edited').getAttribute('title')).toMatch(
      new RegExp(`^edited .*${year}, \\d\\d:\\d\\d$`),
    );
    const described = await message.evaluate((element) =>
      document.getElementById(element.getAttribute('aria-describedby') ?? '')?.getAttribute('aria-label'),
    );
    expect(described).toMatch(new RegExp(`${year}, \\d\\d:\\d\\d, edited .*${year}, \\d\\d:\\d\\d$`));
    for (const title of await ada.page
      .locator('time')
      .evaluateAll((all) => all.map((one) => one.getAttribute('title'))))
      expect(title).toMatch(new RegExp(`${year}, \\d\\d:\\d\\d$`));
  });
});

describe('what is deleted while somebody', () => {
  const field = () => ada.page.locator('.composer');

  it('[R2] what is deleted while somebody answers it is not quoted any more, and the answer is sent as one', async () => {
    await bob.say('My PIN is 4711');
    await ada.choose('My PIN is 4711', 'Reply');
    await ada.composer.fill('Thank you');
    await eventually(() => field().textContent()).toContain('4711');
    await deleteIt(bob, 'My PIN is 4711');
    await field().getByText('Message deleted').waitFor();
    expect(await field().textContent()).not.toContain('4711');
    await ada.composer.press('Enter');
    await eventually(() => ada.statusOf('Thank you')).toEqual(['sent']);
    const rows = await stage.messages('Kitchen');
    expect(rows.find(({ text }) => text === 'Thank you')?.reply_to).toBe(
      rows.find((row) => row.deleted_at !== null)?.id,
    );
    for (const person of [ada, bob]) {
      await person.message('Thank you').getByText('Message deleted').waitFor();
      expect(await person.message('Thank you').locator('button.quote').count()).toBe(0);
    }
  });

  it('[R8] what is deleted while somebody edits it ends the edit with a sentence, and keeps what was typed', async () => {
    await ada.say('I ment the axe');
    await eventually(() => ada.statusOf('I ment the axe')).toEqual(['sent']);
    await ada.choose('I ment the axe', 'Edit');
    await ada.message('I ment the axe').getByText('You are editing this').waitFor();
    await ada.composer.fill('I meant the axe');
    const tab = await ada.anotherTab();
    await tab.open('Kitchen');
    await deleteIt(tab, 'I ment the axe');
    await eventually(() => ada.count('I ment the axe')).toBe(0);
    await ada.composer.press('Enter');
    await ada.page.getByText('This message has been deleted. What you typed is kept').waitFor();
    expect(await ada.composer.inputValue()).toBe('I meant the axe');
    expect((await stage.texts('Kitchen')).filter((text) => text.includes('axe'))).toEqual([]);
    await ada.composer.fill('');
    await tab.page.close();
  });
});

describe('ArrowUp in the empty field', () => {
  it('ArrowUp in the empty field edits the last own message where it can be seen', async () => {
    await ada.say('My last word');
    for (let nth = 0; nth < 20; nth++) await bob.say(`Word ${nth} of many`);
    await ada.message('Word 19 of').waitFor();
    const isInView = () =>
      ada.message('My last word').evaluate((element) => {
        const log = element.closest('[role=log]')?.getBoundingClientRect();
        const { top, bottom } = element.getBoundingClientRect();
        return log !== undefined && top >= log.top - 1 && bottom <= log.bottom + 1;
      });
    await eventually(isInView).toBe(false);
    await ada.composer.press('ArrowUp');
    await eventually(() => ada.composer.inputValue()).toBe('My last word');
    await eventually(isInView).toBe(true);
    expect(await ada.focused()).toBe('textarea Message');
    await ada.composer.press('Escape');
  });
});

describe('a long name', () => {
  it('a long name is whole behind the header of a phone', async () => {
    const name = `Preparations ${'for the great summer feast '.repeat(4)}2026`;
    await ada.createTablo(name);
    const options = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
    const phone = await stage.secondDevice(ada, options);
    await phone.open(name);
    await phone.page.locator('.conversation-info').tap();
    const heading = phone.page.getByRole('dialog').getByRole('heading', { name, exact: true });
    await heading.waitFor();
    expect(await heading.evaluate((element) => element.scrollHeight - element.clientHeight)).toBeLessThanOrEqual(1);
    await phone.closeDialog();
    await eventually(() => phone.focused()).toBe(`button ${name}`);
    await phone.context.close();
  });
});
