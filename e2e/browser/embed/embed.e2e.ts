// The package inside a host application with users of its own: hooks with chatscope, and our components in the host's frame.
import { type HostPage, openHostPage } from '@tablo/client/embed/testing/test-host-page';
import { TOKEN_SETTINGS } from '@tablo/sync-server/testing/tokens';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually, openStage, type Stage } from '../../support/stage.ts';
import { createTablo, HostPerson, type HostUser, hostTokenOf, newUser } from './host.ts';

const [ada, bob] = [newUser('Ada'), newUser('Bob')];
let host: HostPage;
let stage: Stage;
let kitchen: string;

beforeAll(async () => {
  host = await openHostPage();
  stage = await openStage({ env: { ...TOKEN_SETTINGS, ALLOWED_ORIGINS: host.url } });
  kitchen = await createTablo(stage, ada, 'Kitchen', [bob]);
});
afterEach(() => stage.expectNoProblems());
afterAll(async () => {
  await stage?.close();
  await host?.close();
});

const open = (user: HostUser | string, query: Readonly<Record<string, string>>) =>
  HostPerson.open(stage, host.url, typeof user === 'string' ? user : hostTokenOf(user), query);

describe('a page that the host makes of useChat and chatscope', () => {
  it('two people see each other’s messages, as text, with names and states; functions keep their identity', async () => {
    const query = { view: 'own', channel: kitchen };
    const [one, two] = [await open(ada, query), await open(bob, { ...query, strict: '' })];
    const field = one.page.locator('.cs-message-input__content-editor');
    const list = (person: HostPerson) => person.page.locator('.cs-message');
    await field.click();
    await field.pressSequentially('<b>Soup</b>');
    await eventually(() => two.words()).toContain('Ada is typing');
    await field.press('Enter');
    await eventually(() => list(two).allInnerTexts()).toEqual([expect.stringContaining('<b>Soup</b>')]);
    await two.page.getByRole('button', { name: 'Say at once' }).click();
    await eventually(() => list(one).allInnerTexts()).toEqual([
      expect.stringMatching(/^<b>Soup<\/b>\s+sent$/),
      expect.stringMatching(/^Bob\s+Said at once\s+sent$/),
    ]);
    await eventually(() => one.words()).toContain('2 here now');
    expect(await one.page.evaluate(() => window.host.changes)).toBe(0);
    expect(await two.page.evaluate(() => window.host.changes)).toBe(0);
    await one.context.close();
    await two.context.close();
  });

  it('[R8] a text that is too long stays in the field, beside the reason, and is sent once it is shorter', async () => {
    const shed = await createTablo(stage, ada, 'Long texts', []);
    const { page, context } = await open(ada, { view: 'own', channel: shed });
    const field = page.locator('.cs-message-input__content-editor');
    const alert = page.locator('.cs-input-toolbox').getByRole('alert');
    await field.click();
    await page.keyboard.insertText('x'.repeat(8_001));
    await field.press('Enter');
    await eventually(() => alert.textContent()).toMatch(/^The message .*\.$/);
    await eventually(() => field.textContent()).toBe('x'.repeat(8_001));
    await field.press('End');
    await field.press('Backspace');
    await field.press('Enter');
    await eventually(() => stage.texts('Long texts')).toEqual(['x'.repeat(8_000)]);
    await eventually(() => field.textContent()).toMatch(/^\s*$/);
    expect(await alert.textContent()).toBe('');
    await context.close();
  });

  it('[R8] what is said before the chat is open is sent', async () => {
    const garden = await createTablo(stage, ada, 'Garden', []);
    const context = await stage.newContext();
    await context.addInitScript(() => {
      const timer = setInterval(() => {
        const button = [...document.querySelectorAll('button')].find(
          ({ textContent }) => textContent === 'Say at once',
        );
        if (button === undefined) return;
        clearInterval(timer);
        button.click();
      }, 1);
    });
    await HostPerson.open(stage, host.url, hostTokenOf(ada), { view: 'own', channel: garden, strict: '' }, context);
    await eventually(() => stage.texts('Garden')).toEqual(['Said at once']);
    await context.close();
  });
});

describe('who is signed in', () => {
  it('a token that begins to hold in five seconds is taken; a fresh function at every render never reconnects', async () => {
    const person = await open(hostTokenOf(ada, { from: 5 }), { view: 'own', channel: kitchen, fresh: '', strict: '' });
    await eventually(() => person.connection()).toBe('online');
    expect(person.sockets).toBe(1);
    for (let render = 0; render < 50; render += 1) await person.page.evaluate(() => window.host.render());
    await eventually(() => person.page.evaluate(() => window.host.asked)).toBeGreaterThan(1);
    expect(await person.page.evaluate(() => window.host.asked)).toBeLessThan(10);
    expect([person.sockets, await person.connection()]).toEqual([1, 'online']);
    await person.context.close();
  });

  it('several providers at once do no harm: each shows the same, and nothing is sent twice', async () => {
    const shed = await createTablo(stage, ada, 'Shed', []);
    const person = await open(ada, { view: 'own', channel: shed, providers: '2', strict: '' });
    const buttons = person.page.getByRole('button', { name: 'Say at once' });
    await buttons.first().click();
    const both = person.page.locator('.cs-message');
    await eventually(() => both.count()).toBe(2);
    await buttons.last().click();
    await eventually(() => both.count()).toBe(4);
    await eventually(() => stage.texts('Shed')).toEqual(['Said at once', 'Said at once']);
    await person.context.close();
  });

  it('nobody: empty, without a form of ours; a getToken that fails is told, and tried again', async () => {
    const person = await open('null', { view: 'page', title: 'Our chat' });
    await person.page.getByRole('heading', { name: 'Our chat' }).waitFor();
    await eventually(() => person.page.evaluate(() => window.host.asked)).toBeGreaterThan(0);
    expect(await person.page.locator('.tablo-chat input, .tablo-chat button, .tablo-chat form').count()).toBe(0);
    await person.hostSays('reject');
    await eventually(() => person.page.evaluate(() => window.host.errors)).toEqual(['Error: The host is away.']);
    // Without another function: it is asked again by itself.
    await person.page.evaluate((token) => localStorage.setItem('host.token', token), hostTokenOf(ada));
    await person.tabloLink('Kitchen').waitFor();
    await person.context.close();
  });

  it('[R3] [R8] another user under the open page sees nothing of the first; what the first has not sent waits for them', async () => {
    await createTablo(stage, ada, 'Ada’s own', []);
    const person = await open(ada, { view: 'page' });
    await person.open('Ada’s own');
    await person.say('For my eyes only');
    await eventually(() => person.statusOf('For my eyes only')).toEqual(['sent']);
    stage.expectOutage();
    await person.goOffline();
    await person.say('Not on its way yet');
    await eventually(() => person.statusOf('Not on its way yet')).toEqual(['pending']);
    await person.hostSays(hostTokenOf(bob));
    await eventually(() => person.words()).not.toContain('Ada’s own');
    await person.goOnline();
    await person.tabloLink('Kitchen').waitFor();
    const words = await person.words();
    for (const word of ['Ada’s own', 'eyes', 'on its way']) expect(words).not.toContain(word);
    expect(await stage.texts('Ada’s own')).toEqual(['For my eyes only']);
    await person.hostSays(hostTokenOf(ada));
    await eventually(() => stage.texts('Ada’s own')).toEqual(['For my eyes only', 'Not on its way yet']);
    await person.context.close();
  });

  it('[R7] after a reload without the server, the last user’s conversation is there, whatever the host can say', async () => {
    const person = await open(ada, { view: 'page', channel: kitchen });
    await eventually(() => person.texts()).toEqual(['<b>Soup</b>', 'Said at once']);
    stage.expectOutage();
    await stage.server.stop();
    for (const said of ['reject', 'null', 'never', hostTokenOf(ada, { from: -7_200 })]) {
      await person.page.evaluate((token) => localStorage.setItem('host.token', token), said);
      await person.page.reload();
      await eventually(() => person.texts()).toEqual(['<b>Soup</b>', 'Said at once']);
    }
    await person.say('From the tunnel');
    await eventually(() => person.statusOf('From the tunnel')).toEqual(['pending']);
    stage.expectUnauthenticated();
    stage.expectStartSeenFromElsewhere();
    await stage.server.restart();
    await person.page.evaluate((token) => localStorage.setItem('host.token', token), hostTokenOf(ada));
    await eventually(() => stage.texts('Kitchen')).toContain('From the tunnel');
    await person.context.close();
  });
});
