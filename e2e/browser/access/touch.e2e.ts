// Fingers, and whatever else works without a mouse on a phone: commands by a tap, a sheet that can be closed, targets of 44 pixels.
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Person } from '../../support/person.ts';
import { RestPerson } from '../../support/rest-person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, locale: 'en-GB' };
const TABLO = 'Pocket';
const LONG =
  'A message that is so long that it goes over several lines on any phone, and so leaves no room beside it. '.repeat(3);
let stage: Stage;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  stage = await openStage();
  bob = await stage.newPerson('Bob Kahn');
  await bob.createTablo(TABLO);
  ada = await stage.newPerson('Ada Lovelace', PHONE);
  await ada.openInvite(await bob.invite());
  for (const text of ['Short', LONG, Array.from({ length: 40 }, (_, index) => `line ${index}`).join('\n')])
    await bob.say(text);
  await ada.message('line 39').waitFor();
  await ada.say('My own');
  await ada.log.locator('[data-status="sent"]', { hasText: 'My own' }).waitFor();
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

async function middleOf(element: Locator): Promise<{ x: number; y: number }> {
  await element.scrollIntoViewIfNeeded();
  const box = await element.boundingBox();
  if (box === null) throw new Error('It cannot be seen.');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

const more = (text: string) => ada.message(text).getByRole('button', { name: 'More', exact: true });

describe('on a phone', () => {
  it('a tap on a message shows a button for its commands, beside the text, and Reply is two taps further', async () => {
    for (const text of ['Short', LONG.slice(0, 40), 'My own']) {
      await ada.message(text).locator('.message-text').tap();
      await more(text).waitFor();
      const [button, bubble] = [
        await more(text).boundingBox(),
        await ada.message(text).locator('.cs-message__content').boundingBox(),
      ];
      if (button === null || bubble === null) throw new Error('They cannot be seen.');
      expect(button.width).toBeGreaterThanOrEqual(44);
      expect(button.height).toBeGreaterThanOrEqual(44);
      expect(button.x).toBeGreaterThanOrEqual(0);
      expect(button.x + button.width).toBeLessThanOrEqual(360);
      expect(button.x >= bubble.x + bubble.width - 1 || button.x + button.width <= bubble.x + 1).toBe(true);
    }
    await ada.message('Short').locator('.message-text').tap();
    await more('Short').tap();
    await ada.menuItem('Reply').tap();
    await ada.page.getByText('Replying to Bob').waitFor();
    await ada.page.getByRole('button', { name: 'Do not reply' }).tap();
  });

  it('a keyboard reaches them too', async () => {
    await ada.message('My own').focus();
    await ada.page.keyboard.press('Enter');
    await eventually(() => ada.focused()).toBe('button More');
    await ada.page.keyboard.press('Enter');
    await ada.messageMenu.waitFor();
    await ada.page.keyboard.press('Escape');
    await eventually(() => ada.focused()).toBe('button More');
  });

  it('the sheet says the day and the time, and has a button that closes it', async () => {
    await ada.message('Short').locator('.message-text').tap();
    await more('Short').tap();
    await ada.messageMenu.waitFor();
    const [row] = (await stage.messages(TABLO)).filter(({ text }) => text === 'Short');
    const year = new Date(row?.created_at ?? 0).getFullYear();
    const described = await ada.messageMenu.evaluate(
      (menu) => document.getElementById(menu.getAttribute('aria-describedby') ?? '')?.textContent ?? '',
    );
    expect(described).toContain(String(year));
    expect(described).toMatch(/\d{1,2}:\d{2}/u);
    expect(await ada.page.getByText(described, { exact: true }).isVisible()).toBe(true);
    await ada.page.getByRole('button', { name: 'Close', exact: true }).tap();
    await ada.messageMenu.waitFor({ state: 'detached' });
  });

  it('a deleted message has no sheet, neither by a tap nor by a long press', async () => {
    await bob.say('A slip');
    await ada.message('A slip').waitFor();
    await bob.choose('A slip', 'Delete');
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    const deleted = ada.message('Message deleted');
    await deleted.waitFor();
    await deleted.locator('.message-tombstone').tap();
    await ada.message('Short').locator('.message-text').tap();
    await more('Short').waitFor();
    expect(await deleted.getByRole('button').count()).toBe(0);
    // Two fingers that rest, the first on the deleted one: when the second has opened its sheet, the first would have before.
    const devtools = await ada.context.newCDPSession(ada.page);
    const touch = (type: 'touchStart' | 'touchEnd', touchPoints: { x: number; y: number; id: number }[]) =>
      devtools.send('Input.dispatchTouchEvent', { type, touchPoints });
    const [first, second] = [
      await middleOf(deleted.locator('.message-tombstone')),
      await middleOf(ada.message('My own').locator('.message-text')),
    ];
    await touch('touchStart', [{ ...first, id: 0 }]);
    await touch('touchStart', [
      { ...first, id: 0 },
      { ...second, id: 1 },
    ]);
    await ada.menuItem('Edit').waitFor();
    expect(await ada.messageMenu.count()).toBe(1);
    await touch('touchEnd', []);
    await ada.page.getByRole('button', { name: 'Close', exact: true }).tap();
    await ada.messageMenu.waitFor({ state: 'detached' });
  });

  it('everything that can be pressed in a conversation and its sheets is at least 44 pixels wide and high', async () => {
    await bob.react('Short', '👍');
    await ada.message('Short').getByRole('button', { name: 'Bob Kahn reacted with 👍' }).waitFor();
    await ada.message('Short').locator('.message-text').tap();
    await more('Short').tap();
    await ada.menuItem('Reply').tap();
    await ada.say('An answer');
    await ada.log.locator('[data-status="sent"]', { hasText: 'An answer' }).waitFor();
    const tooSmall = () =>
      ada.page.evaluate(() =>
        [
          ...document.querySelectorAll<HTMLElement>(
            'button, [role=menuitem], a[href]:not(.message-text a), textarea, select, input:not([type=radio], [type=checkbox])',
          ),
        ]
          .filter((element) => element.checkVisibility() && !element.matches('.skip-link'))
          .flatMap((element) => {
            const { width, height } = element.getBoundingClientRect();
            const name = element.getAttribute('aria-label') ?? element.textContent;
            // Half a pixel is the browser's rounding.
            return width < 43.5 || height < 43.5 ? [`${name}: ${Math.round(width)} × ${Math.round(height)}`] : [];
          }),
      );
    const close = () => ada.page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).tap();
    expect(await tooSmall()).toEqual([]);
    await ada.message('Short').locator('.message-text').tap();
    await more('Short').tap();
    await ada.menuItem('More emoji').tap();
    await ada.menuItem('🌱').waitFor();
    expect(await tooSmall()).toEqual([]);
    await ada.page.getByRole('button', { name: 'Close', exact: true }).tap();
    await ada.page.getByRole('button', { name: 'Search this tablo' }).tap();
    await ada.page.getByRole('searchbox').fill('Short');
    await ada.page.getByRole('dialog').locator('[data-message-id]').first().waitFor();
    expect(await tooSmall()).toEqual([]);
    await close();
    await ada.page.getByRole('button', { name: 'Back to all tablos' }).tap();
    await ada.tablos.waitFor();
    const rita = new RestPerson(stage.server.url, 'Rita Rest');
    await rita.signUp(PASSWORD);
    const known = await stage.database.query<{ user_id: string }>(
      'SELECT user_id FROM chat_profiles WHERE email = $1',
      [ada.email],
    );
    await rita.askToJoin(await rita.createTablo('Roof garden'), known[0]?.user_id ?? '');
    await ada.page.reload();
    await ada.page.getByRole('button', { name: 'Decline' }).waitFor();
    expect(await tooSmall()).toEqual([]);
  });
});
