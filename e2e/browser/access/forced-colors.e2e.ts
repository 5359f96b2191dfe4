// Windows' contrast themes, in which backgrounds and shadows are gone: what they tell has to be told otherwise.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let ada: Person;

beforeAll(async () => {
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
  await ada.createTablo('Contrast');
  await ada.say('Black on white');
  await ada.log.locator('[data-status="sent"]', { hasText: 'Black on white' }).waitFor();
  await ada.react('Black on white', '👍');
  await ada.page.emulateMedia({ forcedColors: 'active' });
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

/** Of the first element of a selector: what is drawn around and below it. */
const drawn = (selector: string) =>
  ada.page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const { borderTopStyle, outlineStyle, backgroundColor } = getComputedStyle(element);
      return { borderTopStyle, outlineStyle, backgroundColor };
    });

it('the open tablo, days, and reactions of one’s own can be told in forced colours', async () => {
  expect(await drawn('.tablo-row:has([aria-current])')).toMatchObject({ outlineStyle: 'solid' });
  expect(await drawn('.day-separator h2')).toMatchObject({ borderTopStyle: 'solid' });
  const page = await drawn('body');
  const own = ada.message('Black on white').getByRole('button', { name: /reacted with 👍/ });
  await own.waitFor();
  expect((await drawn('.reaction[aria-pressed=true]')).backgroundColor).not.toBe(page.backgroundColor);
  await ada.message('Black on white').hover();
  await ada.message('Black on white').getByRole('button', { name: 'React', exact: true }).click();
  const choice = ada.page.locator('.emoji-own');
  await choice.waitFor();
  const others = await drawn('.emoji-button:not(.emoji-own)');
  expect((await drawn('.emoji-own')).backgroundColor).not.toBe(others.backgroundColor);
  await ada.page.keyboard.press('Escape');
});
