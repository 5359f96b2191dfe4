// A person in front of the page. They know it by roles and labels alone, as the contract names them, and as assistive technology sees it.
import type { BrowserContext, Locator, Page } from 'playwright-core';

export interface Account {
  readonly name: string;
  readonly email: string;
}

export interface ShownMessage {
  readonly id: string;
  readonly status: string;
  /** All that stands in its element: author and time as well. */
  readonly words: string;
}

export const PASSWORD = 'correct horse battery staple';
const PAGE_DEADLINE_MS = 20_000;

export class Person {
  readonly name: string;
  readonly email: string;
  readonly context: BrowserContext;
  readonly page: Page;
  readonly #url: string;

  constructor(account: Account, context: BrowserContext, page: Page, url: string) {
    this.name = account.name;
    this.email = account.email;
    this.context = context;
    this.page = page;
    this.#url = url;
  }

  /** Opens nothing yet: the page is blank. */
  static async atNewTab(context: BrowserContext, url: string, account: Account): Promise<Person> {
    const page = await context.newPage();
    page.setDefaultTimeout(PAGE_DEADLINE_MS);
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
        // As a page error, which the stage counts.
        setTimeout(() => {
          throw new Error(`Content security policy: ${violatedDirective} ${blockedURI}`);
        });
      });
    });
    return new Person(account, context, page, url);
  }

  /** Another tab of the same browser. */
  async anotherTab(): Promise<Person> {
    const tab = await Person.atNewTab(this.context, this.#url, this);
    await tab.page.goto(this.#url);
    return tab;
  }

  get tablos(): Locator {
    return this.page.getByRole('navigation', { name: 'Tablos', exact: true });
  }

  get log(): Locator {
    return this.page.getByRole('log', { name: 'Messages', exact: true });
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message', exact: true });
  }

  /** On the form that the page shows; waits for what comes after it. */
  async signUp(): Promise<void> {
    await this.fillSignUp();
    await this.tablos.or(this.composer).first().waitFor();
  }

  /** Whatever comes after it. */
  async fillSignUp(): Promise<void> {
    const { page } = this;
    const name = page.getByRole('textbox', { name: 'Name', exact: true });
    const create = page.getByRole('button', { name: 'Create account', exact: true });
    await create.waitFor();
    // Who was signed in here before sees the other form first.
    if (!(await name.isVisible())) await create.click();
    await name.fill(this.name);
    await page.getByLabel('Email', { exact: true }).fill(this.email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await create.click();
  }

  async signIn(): Promise<void> {
    const { page } = this;
    await page.goto(this.#url);
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    if (await page.getByRole('textbox', { name: 'Name', exact: true }).isVisible()) {
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    }
    await page.getByLabel('Email', { exact: true }).fill(this.email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await this.tablos.waitFor();
  }

  async signOut(): Promise<void> {
    await this.page.getByRole('button', { name: 'Account and settings' }).click();
    await this.page
      .getByRole('menu', { name: 'Account' })
      .getByRole('menuitem', { name: 'Sign out', exact: true })
      .click();
    await this.page.getByLabel('Password', { exact: true }).waitFor();
  }

  async createTablo(name: string): Promise<void> {
    await this.page.getByRole('button', { name: 'New tablo', exact: true }).click();
    const field = this.page.getByRole('dialog').getByRole('textbox', { name: 'Name', exact: true });
    await field.fill(name);
    await field.press('Enter');
    // The composer may still be that of the tablo before.
    await this.page.getByRole('heading', { name, exact: true }).waitFor();
    await this.composer.waitFor();
  }

  /** Of the open tablo: the link to give to others. */
  async invite(role: 'Member' | 'Guest' = 'Member'): Promise<string> {
    const dialog = await this.openSettings();
    if (role !== 'Member') await dialog.getByLabel('They join as').selectOption({ label: role });
    await dialog.getByRole('button', { name: 'Create invite link' }).click();
    const link = await dialog.getByRole('textbox', { name: 'Invite link' }).inputValue();
    await this.closeDialog();
    return link;
  }

  async openSettings(): Promise<Locator> {
    await this.page.getByRole('button', { name: 'Members and settings' }).click();
    return this.page.getByRole('dialog');
  }

  async closeDialog(): Promise<void> {
    await this.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await this.page.getByRole('dialog').waitFor({ state: 'detached' });
  }

  /** Looks at the invitation, accepts it, and lands in the tablo. */
  async openInvite(link: string): Promise<void> {
    await this.page.goto(link);
    await this.page.getByRole('button', { name: 'Accept', exact: true }).click();
    await this.log.waitFor();
  }

  tabloLink(name: string): Locator {
    return this.tablos.getByRole('link', { name, exact: true });
  }

  async open(tablo: string): Promise<void> {
    await this.tabloLink(tablo).click();
    await this.page.getByRole('heading', { name: tablo, exact: true }).waitFor();
    await this.log.waitFor();
  }

  /** What assistive technology adds to the link: the unread count and the preview. */
  async describe(tablo: string): Promise<string> {
    return this.tabloLink(tablo).evaluate((link) =>
      (link.getAttribute('aria-describedby') ?? '')
        .split(/\s+/u)
        .map((id) => document.getElementById(id)?.textContent ?? '')
        .join(' ')
        .trim(),
    );
  }

  async unread(tablo: string): Promise<number> {
    return Number(/(\d+) unread/u.exec(await this.describe(tablo))?.[1] ?? 0);
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    await this.page.getByRole('button', { name: 'Send', exact: true }).click();
  }

  messages(): Promise<ShownMessage[]> {
    return this.log.locator('[data-message-id]').evaluateAll((elements) =>
      elements.map((element) => ({
        id: element.getAttribute('data-message-id') ?? '',
        status: element.getAttribute('data-status') ?? '',
        words: element.textContent ?? '',
      })),
    );
  }

  /** What the messages say, without author and time. */
  texts(): Promise<string[]> {
    return this.log
      .locator('[data-message-id] .message-text')
      .evaluateAll((elements) => elements.map((element) => element.textContent ?? ''));
  }

  async messageIds(): Promise<string[]> {
    return (await this.messages()).map(({ id }) => id);
  }

  /** Their states in the order in which they stand; `absent` for a text that does not stand there. */
  async statusOf(...texts: readonly string[]): Promise<string[]> {
    const messages = await this.messages();
    const places = texts.map((text) => messages.findIndex(({ words }) => words.includes(text)));
    if (places.some((place, index) => place >= 0 && place < (places[index - 1] ?? -1))) return ['out of order'];
    return places.map((place) => messages[place]?.status ?? 'absent');
  }

  /** How often it stands in the conversation. */
  async count(text: string): Promise<number> {
    return (await this.messages()).filter(({ words }) => words.includes(text)).length;
  }

  message(text: string): Locator {
    return this.log.locator('[data-message-id]').filter({ hasText: text }).first();
  }

  /** Watches where a message stands, from now on: the answer is its top in every frame so far, px; -1 in a frame that does not show it. */
  async watchPlace(text: string): Promise<() => Promise<readonly number[]>> {
    const id = await this.message(text).getAttribute('data-message-id');
    const tops = await this.log.evaluateHandle((log, messageId) => {
      const seen: number[] = [];
      const look = () => {
        seen.push(log.querySelector(`[data-message-id="${messageId}"]`)?.getBoundingClientRect().top ?? -1);
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
      return seen;
    }, id);
    return () => tops.evaluate((seen) => [...seen]);
  }

  /** One of the message's own commands: Reply, Edit, Delete … */
  async choose(text: string, command: string): Promise<void> {
    await this.useTool(text, 'More');
    await this.menuItem(command).click();
  }

  async react(text: string, emoji: string): Promise<void> {
    await this.useTool(text, 'React');
    await this.menuItem(emoji).click();
  }

  /** Of the message whose menu is open. */
  get messageMenu(): Locator {
    return this.page.getByRole('menu', { name: 'What to do with this message', exact: true });
  }

  menuItem(name: string): Locator {
    return this.messageMenu.getByRole('menuitem', { name, exact: true });
  }

  /**
   * Presses a button of the message's toolbar as a hand does: where a message that has just come moved another one under the pointer, it points again.
   */
  private async useTool(text: string, tool: string): Promise<void> {
    const button = this.message(text).getByRole('button', { name: tool, exact: true });
    const deadline = Date.now() + 15_000;
    for (;;) {
      await this.message(text).hover();
      try {
        return await button.click({ timeout: 1_000 });
      } catch (error) {
        if (Date.now() > deadline) throw error;
      }
      // The pointer must come in anew: it may have stayed over the message, with the toolbar at another one.
      await this.page.mouse.move(0, 0);
    }
  }

  /** What has the focus, as in `button New tablo` or `message Good morning`; `body` where the keyboard is nowhere. */
  focused(): Promise<string> {
    return this.page.evaluate(() => {
      const element = document.activeElement;
      if (element === null || element === document.body) return 'body';
      const said = element.querySelector('.message-text, .message-tombstone');
      if (element.hasAttribute('data-message-id')) return `message ${said?.textContent ?? ''}`;
      const labelledBy = document.getElementById(element.getAttribute('aria-labelledby') ?? '');
      const label = element instanceof HTMLInputElement ? element.labels?.[0] : null;
      const name = element.getAttribute('aria-label') ?? (labelledBy ?? label ?? element).textContent ?? '';
      return `${element.getAttribute('role') ?? element.tagName.toLowerCase()} ${name.trim()}`;
    });
  }

  async status(): Promise<string> {
    return ((await this.page.getByRole('status').textContent()) ?? '').trim();
  }

  /** A train enters a tunnel. */
  goOffline(): Promise<void> {
    return this.context.setOffline(true);
  }

  goOnline(): Promise<void> {
    return this.context.setOffline(false);
  }

  /** Once the service worker holds the page, it opens without the server. */
  async waitForServiceWorker(): Promise<void> {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
  }
}
