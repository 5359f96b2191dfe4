// `ChatPage` in a host's frame: our page's roles and names, and nothing of the host's is touched.
import { type HostPage, openHostPage } from '@tablo/client/embed/testing/test-host-page';
import { TOKEN_SETTINGS } from '@tablo/sync-server/testing/tokens';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { expectNoFindings } from '../../support/axe.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';
import { createTablo, HostPerson, hostTokenOf, newUser } from './host.ts';

const [ada, bob] = [newUser('Ada'), newUser('Bob')];
let host: HostPage;
let stage: Stage;
let kitchen: string;

beforeAll(async () => {
  host = await openHostPage();
  stage = await openStage({ env: { ...TOKEN_SETTINGS, ALLOWED_ORIGINS: host.url } });
  kitchen = await createTablo(stage, ada, 'Kitchen', [bob]);
  await createTablo(stage, ada, 'Garden', [bob]);
});
afterEach(() => stage.expectNoProblems());
afterAll(async () => {
  await stage?.close();
  await host?.close();
});

const open = (query: Readonly<Record<string, string>>, user = ada) =>
  HostPerson.open(stage, host.url, hostTokenOf(user), { view: 'page', strict: '', ...query });

describe('ChatPage', () => {
  it('ChatPage is the list and the conversation; the host’s address, title and keys stay the host’s', async () => {
    const person = await open({ title: 'Our chat' });
    const { page } = person;
    const [address, title] = [page.url(), await page.title()];
    await page.getByRole('heading', { name: 'Our chat' }).waitFor();
    await person.open('Kitchen');
    await person.say('Hello');
    await eventually(() => person.statusOf('Hello')).toEqual(['sent']);
    const levels = () =>
      page
        .locator('.tablo-chat :is(h1, h2, h3, h4)')
        .evaluateAll((all) => all.map((one) => `${one.tagName} ${one.textContent}`));
    await eventually(levels).toEqual(['H2 Our chat', 'H3 Kitchen', 'H4 Today']);
    expect([page.url(), await page.title()]).toEqual([address, title]);
    // The host's own.
    expect(await page.getByRole('main').count()).toBe(1);
    await expectNoFindings(person, 'ChatPage');
    expect(await page.getByRole('banner').count()).toBe(0);

    await page.evaluate(() => {
      const taken: string[] = [];
      Object.assign(window, { taken });
      window.addEventListener('keydown', (event) => event.defaultPrevented && taken.push(event.key));
    });
    await page.getByRole('textbox', { name: 'Host field' }).focus();
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Alt+ArrowDown');
    expect(await page.evaluate(() => (window as unknown as { taken: string[] }).taken)).toEqual([]);
    expect(await page.getByRole('dialog').count()).toBe(0);
    await person.composer.focus();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Go to' }).fill('gard');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Garden', exact: true }).waitFor();

    // Where the focus goes that the host loses is the host's business.
    await page.getByRole('textbox', { name: 'Host field' }).focus();
    await page.evaluate(async () => {
      document.activeElement?.remove();
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    });
    expect(await person.focused()).toBe('body');

    // A file that is dropped here does not open in the place of the host's page.
    const isStopped = (place: string) =>
      page
        .locator(place)
        .first()
        .evaluate((element) => {
          const data = new DataTransfer();
          data.items.add(new File(['x'], 'cat.png', { type: 'image/png' }));
          return !element.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data }));
        });
    expect([await isStopped('.conversation'), await isStopped('nav[aria-label="Host"]')]).toEqual([true, false]);
    await page.locator('.tablo-chat-page').getByText('Files cannot be sent here yet').waitFor();

    await page.getByRole('button', { name: 'Account and settings' }).click();
    await page.getByRole('menu', { name: 'Account' }).getByRole('menuitem', { name: 'Keyboard shortcuts' }).waitFor();
    expect(await page.getByRole('menuitem', { name: 'Sign out' }).count()).toBe(0);
    expect(await page.getByRole('menuitemradio').count()).toBe(0);
    await person.context.close();
  });

  it('everything of it, dialogs and menus too, stands in an element of the class tablo-chat', async () => {
    const person = await open({});
    await person.open('Kitchen');
    await person.openSettings();
    expect(await person.page.getByRole('dialog').evaluate((one) => one.closest('.tablo-chat') !== null)).toBe(true);
    await person.closeDialog();
    await person.message('Hello').hover();
    await person.message('Hello').getByRole('button', { name: 'More', exact: true }).click();
    expect(await person.messageMenu.evaluate((menu) => menu.closest('.tablo-chat') !== null)).toBe(true);
    expect(
      await person.page.evaluate(() =>
        [...document.body.querySelectorAll('[class*="toast"], [popover], dialog, .shell')].every(
          (element) => element.closest('.tablo-chat') !== null,
        ),
      ),
    ).toBe(true);
    await person.context.close();
  });

  it('in a narrow frame of a wide window one pane is shown at a time', async () => {
    const person = await open({ width: '400', title: 'Our chat' });
    await person.tabloLink('Kitchen').click();
    await person.log.waitFor();
    expect(await person.tablos.count()).toBe(0);
    await person.page.getByRole('heading', { name: 'Our chat' }).waitFor();
    const [frame, log] = await Promise.all([
      person.page.locator('.tablo-chat-page').boundingBox(),
      person.log.boundingBox(),
    ]);
    expect(log?.width).toBeGreaterThan((frame?.width ?? 0) * 0.9);
    await expectNoFindings(person, 'ChatPage, narrow');
    await person.page.getByRole('button', { name: 'Back to all tablos' }).click();
    await person.tabloLink('Garden').waitFor();
    await person.context.close();
  });

  it('ChatPage lists the host’s boards alone, by the host’s names, colours and pictures', async () => {
    const tablos = [{ id: kitchen, name: 'Board of the kitchen', color: 'rgb(10, 20, 30)', image: null }];
    const person = await open({ tablos: JSON.stringify(tablos), channel: kitchen });
    await person.tabloLink('Board of the kitchen').waitFor();
    await person.page.getByRole('heading', { name: 'Board of the kitchen', exact: true }).waitFor();
    expect(await person.tablos.getByRole('link').count()).toBe(1);
    expect(await person.page.getByRole('button', { name: 'New tablo' }).count()).toBe(0);
    const colour = await person.tablos.locator('.avatar').evaluate((one) => getComputedStyle(one).backgroundColor);
    expect(colour).toBe('rgb(10, 20, 30)');
    await person.context.close();
  });

  it('ChatPage shows the conversation alone where the host has a list of its own; a link leads to a message', async () => {
    const other = await open({ channel: kitchen, hideList: '' }, bob);
    await other.message('Hello').waitFor();
    expect(await other.tablos.count()).toBe(0);
    await eventually(() => other.page.locator('.tablo-chat').getByRole('status').allTextContents()).toContain('Online');
    const id = await other.message('Hello').getAttribute('data-message-id');
    await other.page.goto(`${other.page.url()}#tablo-chat=${kitchen}/${id}`);
    await other.page.reload();
    await other.page.locator(`[data-message-id="${id}"].message-flashed`).waitFor();
    await other.context.close();
  });

  it('ChatPage counts what is unread in the host’s own corner', async () => {
    const one = await open({ view: 'none' }, bob);
    await eventually(() => one.output('Unread')).toBe('1');
    const row = one.page.getByRole('button', { name: 'Kitchen' });
    await row.waitFor();
    expect(await row.evaluate((button) => button.closest('.tablo-row')?.textContent)).toContain('1 unread message');
    await one.context.close();
  });
});
