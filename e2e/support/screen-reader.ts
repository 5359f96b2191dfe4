// What a screen reader says of what has the focus: its role and name in Chromium's own accessibility tree. Only the keyboard moves it.
import type { CDPSession } from 'playwright-core';
import { expect } from 'vitest';
import type { Person } from './person.ts';
import { eventually } from './stage.ts';

/** The focus moves at once; this is for a busy machine. */
const HEARD_DEADLINE_MS = 10_000;

export class ScreenReader {
  readonly #person: Person;
  #session: CDPSession | null = null;

  constructor(person: Person) {
    this.#person = person;
  }

  /** As in `button New tablo`; `nothing` where the keyboard is nowhere. */
  async heard(): Promise<string> {
    const { context, page } = this.#person;
    this.#session ??= await context.newCDPSession(page);
    const { nodes } = await this.#session.send('Accessibility.getFullAXTree');
    const focused = nodes.findLast(
      (node) =>
        !node.ignored &&
        node.role?.value !== 'RootWebArea' &&
        node.properties?.some(({ name, value }) => name === 'focused' && value.value === true) === true,
    );
    return focused === undefined ? 'nothing' : `${focused.role?.value} ${focused.name?.value ?? ''}`.trim();
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#person.page.keyboard.press(key);
  }

  type(text: string): Promise<void> {
    return this.#person.page.keyboard.type(text);
  }

  async expectToHear(words: string | RegExp): Promise<void> {
    const heard = eventually(() => this.heard(), HEARD_DEADLINE_MS);
    await (typeof words === 'string' ? heard.toBe(words) : heard.toMatch(words));
  }

  /** Presses the key until it is heard; how often that was. */
  async go(key: string, words: string | RegExp, most = 15): Promise<number> {
    const isThere = (heard: string) => (typeof words === 'string' ? heard === words : words.test(heard));
    const heard = [await this.heard()];
    while (!isThere(heard.at(-1) ?? '') && heard.length <= most) {
      await this.press(key);
      heard.push(await this.heard());
    }
    expect(heard.at(-1), `after ${heard.join(' · ')}`).toSatisfy(isThere);
    return heard.length - 1;
  }
}
