// What axe-core finds on the page as it stands. Rules about names that hold what is seen (WCAG 2.5.3) and about targets are off in axe by default, and on here.
import axe, { type AxeResults, type RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { Person } from './person.ts';

const OPTIONS: RunOptions = {
  runOnly: {
    type: 'tag',
    values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  },
  rules: { 'label-content-name-mismatch': { enabled: true }, 'target-size': { enabled: true } },
  resultTypes: ['violations'],
  // It would fetch style sheets again, for a rule that is not among these.
  preload: false,
};

interface RunsAxe {
  readonly axe: { run(options: RunOptions): Promise<AxeResults> };
}

/** A line for each finding, of whatever impact: rule, element and reason. */
async function findings(page: Page): Promise<string[]> {
  const isThere = await page.evaluate(() => 'axe' in window);
  // By the debugger's way in: the page's own policy lets no foreign script run.
  if (!isThere) await page.evaluate(axe.source);
  const { violations } = await page.evaluate((options) => (window as unknown as RunsAxe).axe.run(options), OPTIONS);
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, any, all, none }) => {
      const reasons = [...any, ...all, ...none].map(({ message }) => message).join('; ');
      return `${id} (${impact}): ${target.join(' ')}: ${reasons}`;
    }),
  );
}

/** On a screen, in both themes, without the motion in which things are half transparent. */
export async function expectNoFindings(person: Person, screen: string): Promise<void> {
  const found: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await person.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await person.page.evaluate(() =>
      Promise.all(document.getAnimations().map(({ finished }) => finished.catch(() => null))),
    );
    found.push(...(await findings(person.page)).map((line) => `${screen}, ${colorScheme}: ${line}`));
  }
  expect(found).toEqual([]);
}
