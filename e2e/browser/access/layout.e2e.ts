// Where things stand: menu and toolbar beside their message and never over text, all in reach in a low window and in large letters, and the mirror image for whoever
// reads from right to left.
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const DESK = { width: 1440, height: 900 };
const LONG_LINE =
  'The minutes of the meeting are in the shared folder, and whoever was there may write into them until Friday.';
const TALL = 'A pasted log, first line\n'.concat(Array.from({ length: 90 }, (_, index) => `line ${index}`).join('\n'));
const LAST = 'The last word of the day';

let stage: Stage;
let ada: Person;

beforeAll(async () => {
  stage = await openStage();
  const bob = await stage.newPerson('Bob Marley', { viewport: DESK });
  await bob.createTablo('Layout');
  ada = await stage.newPerson('Ada Lovelace', { viewport: DESK });
  await ada.openInvite(await bob.invite());
  for (const text of [TALL, LONG_LINE, 'Short.']) await bob.say(text);
  await ada.message('Short.').waitFor();
  for (const text of [`My own: ${LONG_LINE}`, LAST]) await ada.say(text);
  await ada.log.locator('[data-status="sent"]').filter({ hasText: LAST }).waitFor();
  await bob.context.close();
});
afterEach(async () => {
  await ada.page.keyboard.press('Escape');
  await ada.page.evaluate(() => {
    document.documentElement.removeAttribute('dir');
    document.documentElement.removeAttribute('style');
  });
  await ada.page.setViewportSize(DESK);
  await ada.composer.fill('');
  stage.expectNoProblems();
});
afterAll(() => stage?.close());

const boxOf = (person: Person, selector: string, nth = 0): Promise<Box> =>
  person.page
    .locator(selector)
    .nth(nth)
    .evaluate((element) => {
      const { left, top, right, bottom } = element.getBoundingClientRect();
      return { left, top, right, bottom };
    });

/** How far it reaches out of the window, px. */
const outside = (person: Person, selector: string): Promise<number> =>
  person.page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const box = element.getBoundingClientRect();
      return Math.max(0, -box.left, -box.top, box.right - innerWidth, box.bottom - innerHeight);
    });

/** The words under the toolbar. */
const wordsUnderToolbar = (person: Person): Promise<string[]> =>
  person.log.evaluate((log) => {
    const tools = log.querySelector('.toolbar')?.getBoundingClientRect();
    if (tools === undefined) return ['there is no toolbar'];
    const words: string[] = [];
    const walker = document.createTreeWalker(log, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      if (node.parentElement?.closest('.toolbar, .hidden-visually') !== null) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      // What is folded away is not seen.
      const end = node.parentElement?.closest('.message-text-folded')?.getBoundingClientRect().bottom ?? Infinity;
      for (const box of range.getClientRects()) {
        const isAcross = box.left < tools.right && box.right > tools.left;
        const isUnder = isAcross && box.top < Math.min(tools.bottom, end) && box.bottom > tools.top;
        if (isUnder) words.push(node.textContent ?? '');
      }
    }
    return words;
  });

/** From elsewhere, so that the mouse comes in. */
/** All of a long message, whatever a test before this one has left. */
async function unfold(message: Locator): Promise<void> {
  await message.getByRole('button', { name: /Show (?:all|less)/ }).waitFor();
  const more = message.getByRole('button', { name: 'Show all' });
  if ((await more.count()) > 0) await more.click();
}

async function pointAt(person: Person, text: string): Promise<void> {
  await person.page.mouse.move(0, 0);
  await person.message(text).hover();
  await person.message(text).locator('.toolbar').waitFor({ state: 'visible' });
}

describe('the menu of a message', () => {
  const openMenu = async (text: string) => {
    await pointAt(ada, text);
    await ada.message(text).getByRole('button', { name: 'More', exact: true }).click();
    await ada.page.locator('.message-menu').waitFor();
  };

  it.each([DESK, { width: 800, height: 420 }, { width: 1024, height: 260 }])(
    'stays in a window of $width × $height pixels, also with all emoji, and its last command can be reached',
    async (size) => {
      await ada.page.setViewportSize(size);
      await openMenu(LAST);
      await eventually(() => outside(ada, '.message-menu')).toBe(0);
      await ada.menuItem('More emoji').click();
      await ada.page.locator('.emoji-grid').waitFor();
      await eventually(() => outside(ada, '.message-menu')).toBe(0);
      const remove = ada.menuItem('Delete');
      await remove.scrollIntoViewIfNeeded();
      const [menu, button] = [await boxOf(ada, '.message-menu'), await remove.boundingBox()];
      expect(button?.y).toBeGreaterThanOrEqual(menu.top);
      expect((button?.y ?? 0) + (button?.height ?? 1_000)).toBeLessThanOrEqual(menu.bottom);
    },
  );

  it('the menu of a message goes along when the log scrolls, and closes when its message has left the view', async () => {
    await unfold(ada.message('A pasted log'));
    // Near the lower end of the view, so that the menu opens above the message, and has room there while both move up.
    await ada.message(LONG_LINE).evaluate((message) => {
      const log = message.closest('[role="log"]');
      const below = (log?.getBoundingClientRect().bottom ?? 0) - message.getBoundingClientRect().top;
      log?.scrollBy(0, 120 - below);
    });
    await openMenu(LONG_LINE);
    const topOf = async (locator: Locator) => Math.round((await locator.boundingBox())?.y ?? Number.NaN);
    const [menu, message] = [ada.page.locator('.message-menu'), ada.message(LONG_LINE)];
    const before = await topOf(message);
    const distance = (await topOf(menu)) - before;
    const scrollBy = (pixels: number) => ada.log.evaluate((log, by) => log.scrollBy(0, by), pixels);
    await eventually(async () => {
      await scrollBy(60);
      return before - (await topOf(message));
    }).toBeGreaterThanOrEqual(60);
    await eventually(async () => (await topOf(menu)) - (await topOf(message))).toBe(distance);
    await scrollBy(-1_500);
    await eventually(() => ada.page.locator('.message-menu').count()).toBe(0);
    await ada.message('A pasted log').getByRole('button', { name: 'Show less' }).click();
  });
});

describe('the toolbar of a message', () => {
  const WIDTHS = [720, 800, 900, 1_060, 1_440];

  it.each(WIDTHS)(
    'the toolbar of a message covers no text and stays in the log in a window %i pixels wide',
    async (width) => {
      await ada.page.setViewportSize({ width, height: 900 });
      await ada.log.press('End');
      for (const text of ['My own', LAST, 'Short.', LONG_LINE]) {
        await pointAt(ada, text);
        expect(await wordsUnderToolbar(ada)).toEqual([]);
        const [tools, log] = [await boxOf(ada, '.toolbar'), await boxOf(ada, '[role="log"]')];
        expect(tools.left).toBeGreaterThanOrEqual(log.left);
        expect(tools.right).toBeLessThanOrEqual(log.right);
      }
    },
  );

  it('the toolbar of a message stands at the top of its message, and at the top of the log when the message begins above it', async () => {
    const message = ada.message('A pasted log');
    await unfold(message);
    await message.evaluate((element) => element.scrollIntoView({ block: 'start' }));
    await ada.page.mouse.move(0, 0);
    const bubble = await message.locator('.cs-message__content').boundingBox();
    await ada.page.mouse.move((bubble?.x ?? 0) + 40, (bubble?.y ?? 0) + 40);
    await message.locator('.toolbar').waitFor({ state: 'visible' });
    const place = async () => {
      const [tools, top, log] = [
        await boxOf(ada, '.toolbar'),
        await message.locator('.cs-message__content').evaluate((element) => element.getBoundingClientRect().top),
        await boxOf(ada, '[role="log"]'),
      ];
      return { belowBubble: Math.round(tools.top - top), belowLog: Math.round(tools.top - log.top) };
    };
    expect((await place()).belowBubble).toBeLessThan(8);
    await ada.log.evaluate((log) => log.scrollBy(0, 700));
    await eventually(async () => (await place()).belowBubble).toBeGreaterThan(400);
    expect((await place()).belowLog).toBeGreaterThanOrEqual(0);
    expect((await place()).belowLog).toBeLessThan(12);
    await message.getByRole('button', { name: 'Show less' }).click();
  });
});

describe('the field of a message', () => {
  /** px; heights in a page are rounded each for itself. */
  const belowView = () => ada.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
  const hidden = () => ada.composer.evaluate((field) => field.scrollHeight - field.clientHeight);

  it('[R9] the field of a message grows with what is typed, and the end of the log stays the end after every key', async () => {
    const toLatest = ada.page.getByRole('button', { name: /^Jump to the latest/ });
    await unfold(ada.message('A pasted log'));
    await ada.log.evaluate((log) => log.scrollTo(0, 0));
    await toLatest.click();
    await eventually(belowView).toBeLessThanOrEqual(1);
    await ada.composer.focus();
    for (const key of [
      'a',
      'Shift+Enter',
      'b',
      'Shift+Enter',
      'Shift+Enter',
      'Shift+Enter',
      'Shift+Enter',
      'c',
      'd',
      'e',
    ]) {
      await ada.page.keyboard.press(key);
      // Two frames: what the browser has to tell of a layout is told in the first.
      await ada.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      expect(await belowView(), key).toBeLessThanOrEqual(1);
    }
    expect(await toLatest.count()).toBe(0);
    await ada.message('A pasted log').getByRole('button', { name: 'Show less' }).click();
  });

  it('[R9] no way to the latest is offered where a larger window has brought it into view', async () => {
    const toLatest = ada.page.getByRole('button', { name: /^Jump to the latest/ });
    await unfold(ada.message('A pasted log'));
    await ada.page.setViewportSize({ width: DESK.width, height: 600 });
    await ada.log.evaluate((log) => log.scrollTo(0, log.scrollHeight - log.clientHeight - 150));
    await toLatest.waitFor();
    await ada.page.setViewportSize(DESK);
    await toLatest.waitFor({ state: 'detached' });
    await ada.message('A pasted log').getByRole('button', { name: 'Show less' }).click();
  });

  it('the field of a message is as high as its text when the window becomes narrower, and wider again', async () => {
    await ada.composer.fill(`${LONG_LINE} ${LONG_LINE} ${LONG_LINE}`);
    const wide = await boxOf(ada, '.composer-field');
    await ada.page.setViewportSize({ width: 900, height: 900 });
    await eventually(hidden).toBe(0);
    const narrow = await boxOf(ada, '.composer-field');
    expect(narrow.bottom - narrow.top).toBeGreaterThan(wide.bottom - wide.top);
    await ada.page.setViewportSize(DESK);
    await eventually(async () => {
      const again = await boxOf(ada, '.composer-field');
      return again.bottom - again.top;
    }).toBe(wide.bottom - wide.top);
  });
});

describe('a window in which little has room', () => {
  const EIGHT_LINES = Array.from({ length: 8 }, (_, index) => `line ${index + 1}`).join('\n');

  it('a window in which little has room shows the log, the composer and Send at a zoom of 400 %, with eight lines written', async () => {
    await ada.page.setViewportSize({ width: 320, height: 225 });
    await ada.composer.fill(EIGHT_LINES);
    for (const selector of ['[role="log"]', '.composer-field', '.send-button']) {
      expect(await outside(ada, selector)).toBe(0);
    }
    const log = await boxOf(ada, '[role="log"]');
    expect(log.bottom - log.top).toBeGreaterThanOrEqual(40);
    const field = await boxOf(ada, '.composer-field');
    expect(field.bottom - field.top).toBeLessThanOrEqual(90);
    expect(await ada.page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
  });

  it('a window in which little has room keeps Send and a line of the field in reach there also while replying', async () => {
    await pointAt(ada, LAST);
    await ada.message(LAST).getByRole('button', { name: 'Reply', exact: true }).click();
    await ada.page.setViewportSize({ width: 320, height: 225 });
    await ada.composer.fill(EIGHT_LINES);
    for (const selector of ['[role="log"]', '.composer-field', '.send-button']) {
      expect(await outside(ada, selector)).toBe(0);
    }
    const [log, field] = [await boxOf(ada, '[role="log"]'), await boxOf(ada, '.composer-field')];
    expect(log.bottom - log.top).toBeGreaterThanOrEqual(20);
    expect(field.bottom - field.top).toBeGreaterThanOrEqual(40);
    await ada.composer.press('Escape');
  });

  it.each([{ width: 360, height: 740 }, DESK])(
    'keeps title, status and initials inside their places in letters of twice the size, $width pixels wide',
    async (size) => {
      await ada.page.setViewportSize(size);
      await ada.page.evaluate(() => {
        document.documentElement.style.fontSize = '200%';
      });
      await ada.composer.fill(EIGHT_LINES);
      for (const selector of ['[role="log"]', '.composer-field', '.send-button']) {
        expect(await outside(ada, selector)).toBe(0);
      }
      /** Of an element, px: how far what is in it reaches over its edge. */
      const spills = await ada.page.evaluate(() => {
        const spill = (outer: Element, inner: Element) => {
          const [around, within] = [outer.getBoundingClientRect(), inner.getBoundingClientRect()];
          return Math.round(
            Math.max(
              0,
              around.top - within.top,
              within.bottom - around.bottom,
              around.left - within.left,
              within.right - around.right,
            ),
          );
        };
        const pairs = (outer: string, inner: string) =>
          [...document.querySelectorAll(outer)].flatMap((around) =>
            [...around.querySelectorAll(inner)].map((within) => `${inner}: ${spill(around, within)}`),
          );
        return [
          ...pairs('.conversation-top', '.conversation-name, .conversation-info, .avatar, .icon-button'),
          ...pairs('.sidebar-header', '.sidebar-name, .connection, .avatar, .icon-button'),
          ...pairs('.avatar', '.avatar-initials'),
        ];
      });
      expect(spills.length).toBeGreaterThan(5);
      expect(spills.filter((line) => !line.endsWith(': 0'))).toEqual([]);
      const log = await boxOf(ada, '[role="log"]');
      expect(log.bottom - log.top).toBeGreaterThanOrEqual(100);
    },
  );
});

describe('the page of whoever reads from right to left', () => {
  const PLACES = [
    '.message .avatar',
    '.message:not(.message-own):not(.message-first) .cs-message__content',
    '.message-own .cs-message__content',
    '.message-state',
    '.toolbar',
    '.conversation-top .avatar',
    '.conversation-top .icon-button',
    '.send-button',
    '.message-author',
  ];

  it.each([DESK, { width: 768, height: 1_024 }])(
    'is the mirror image of the other at a width of $width pixels',
    async (size) => {
      await ada.page.setViewportSize(size);
      await ada.log.press('End');
      const look = async () => {
        const tools: Record<string, string> = {};
        for (const text of [LAST, 'Short.']) {
          await pointAt(ada, text);
          const { left, right } = await boxOf(ada, '.toolbar');
          tools[text] = `${Math.round(left)} ${Math.round(size.width - right)}`;
        }
        const boxes = await ada.page.evaluate(
          (selectors) =>
            selectors.map((selector) => {
              const box = document.querySelector(selector)?.getBoundingClientRect();
              return [selector, Math.round(box?.left ?? -1), Math.round(innerWidth - (box?.right ?? -1))] as const;
            }),
          PLACES,
        );
        return { tools, boxes };
      };
      const there = await look();
      await ada.page.evaluate(() => {
        document.documentElement.dir = 'rtl';
      });
      const here = await look();
      expect(here.boxes.map(([selector, left, right]) => [selector, right, left])).toEqual(there.boxes);
      expect(Object.values(here.tools).map((words) => words.split(' ').reverse().join(' '))).toEqual(
        Object.values(there.tools),
      );
    },
  );

  it('the page of whoever reads from right to left counts members before it names them, and never mixes the two', async () => {
    await ada.page.evaluate(() => {
      document.documentElement.dir = 'rtl';
    });
    const words = ada.page.locator('.conversation-info bdi').first();
    expect(await words.textContent()).toBe('2 members');
    const [digit, letter] = await words.evaluate((element) => {
      const text = element.firstChild as Text;
      return [0, 2].map((at) => {
        const range = document.createRange();
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        return range.getBoundingClientRect().left;
      });
    });
    expect(digit).toBeLessThan(letter ?? 0);
  });

  it('the page of whoever reads from right to left cuts the line below a tablo where its text ends, whichever way it is read', async () => {
    await ada.page.setViewportSize(DESK);
    await ada.page.evaluate(() => {
      document.documentElement.dir = 'ltr';
    });
    await ada.createTablo('Both ways');
    const line = ada.tablos.getByRole('listitem').filter({ hasText: 'Both ways' }).locator('.tablo-preview bdi').last();
    for (const text of [
      'مرحبا بالجميع في الموقع الجديد. كل ما كتبتموه هنا يبقى هنا (English inside Arabic)',
      'Hello to everybody on the new site. All that you write here stays here (عربي)',
    ]) {
      await ada.say(text);
      await eventually(() => line.textContent()).toBe(text);
      const hidden = await line.evaluate((element) => {
        const [box, range] = [element.getBoundingClientRect(), document.createRange()];
        const node = element.firstChild as Text;
        range.setStart(node, 0);
        range.setEnd(node, 1);
        const first = range.getBoundingClientRect();
        return Math.round(Math.max(box.left - first.left, first.right - box.right, 0));
      });
      expect(hidden, text).toBe(0);
      expect(await line.evaluate((element) => element.scrollWidth > element.clientWidth)).toBe(true);
    }
  });

  it('the page of whoever reads from right to left leaves a long name of who wrote last its place, and no more, in letters of twice the size', async () => {
    const row = ada.tablos.getByRole('listitem').filter({ hasText: 'Both ways' });
    const spill = await row.evaluate((element) => {
      document.documentElement.style.fontSize = '200%';
      const [line, author] = ['.tablo-preview', '.tablo-author'].map(
        (one) => element.querySelector(one) as HTMLElement,
      );
      const name = document.createElement('span');
      name.className = 'name';
      name.textContent = 'Bartholomew Featherstonehaugh-Cholmondeley';
      author?.replaceChildren(name, ': ');
      const badge = document.createElement('span');
      badge.className = 'badge';
      badge.textContent = '99+';
      line?.after(badge);
      const [around, within] = [line, author].map((one) => (one as HTMLElement).getBoundingClientRect());
      document.documentElement.style.fontSize = '';
      badge.remove();
      return Math.round((within?.right ?? 0) - (around?.right ?? 0));
    });
    expect(spill).toBeLessThan(0);
  });
});
