// What `npm run pack` makes, in a host application outside of the repository: types, servers, two versions of React, a strict content security policy.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { TOKEN_SETTINGS, tokenOf } from '@tablo/sync-server/testing/tokens';
import type { Page } from 'playwright-core';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEADLINE_MS, eventually, openStage, type Stage } from '../support/stage.ts';
import { type HostApplication, installHost, newFolder, packInto, ROOT, servePage } from './host-application.ts';

const ann = { id: randomUUID(), name: 'Ann' };
const bob = { id: randomUUID(), name: 'Bob' };

const folder = newFolder();
let packed: Awaited<ReturnType<typeof packInto>>;
let current: HostApplication | null = null;
let stage: Stage;
let host: Awaited<ReturnType<typeof servePage>>;

beforeAll(async () => {
  host = await servePage(
    () => current?.folder ?? '',
    () => stage.server.url,
  );
  [packed, stage] = await Promise.all([
    packInto(folder),
    openStage({ env: { ...TOKEN_SETTINGS, ALLOWED_ORIGINS: host.url } }),
  ]);
});
afterAll(async () => {
  await stage?.close();
  await host?.close();
  rmSync(folder, { recursive: true, force: true });
});

const sign = ({ id, name }: typeof ann): string => tokenOf(id, { name, email: `${name.toLowerCase()}@example.org` });

async function call<Answer>(user: typeof ann, path: string, body: object): Promise<Answer> {
  const answer = await fetch(`${stage.server.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sign(user)}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBeLessThan(300);
  return (await answer.json()) as Answer;
}

describe('the tarball', () => {
  it('the tarball has nothing that publint or are-the-types-wrong would mend', async () => {
    const data = new Uint8Array(readFileSync(packed.tarball));
    const { messages } = await publint({ pack: { tarball: data.buffer }, strict: true });
    expect(messages).toEqual([]);
    const checked = await checkPackage(createPackageFromTarballData(data));
    if (checked.types === false) throw new Error('The package has no types.');
    expect(Object.keys(checked.entrypoints)).toEqual(expect.arrayContaining(['.', './headless']));
    // It is ESM alone: whoever says `require` gets it by `await import()`.
    expect(checked.problems.filter(({ kind }) => kind !== 'CJSResolvesToESM')).toEqual([]);
  });
});

it.each(['README.md', 'client/package/README.md'])('%s says what it costs a page', (file) => {
  const readme = readFileSync(join(ROOT, file), 'utf8');
  for (const name of ['useChatUnread', 'ChatPage']) {
    const [, ...said] =
      new RegExp(`^\\| \`${name}\`[^|]*\\| ([0-9.]+) KB \\| ([0-9.]+) KB \\|$`, 'mu').exec(readme) ?? [];
    const [, ...measured] =
      new RegExp(`^${name}[^:]*: ([0-9.]+) KB .*first, ([0-9.]+) KB`, 'mu').exec(packed.printed) ?? [];
    expect(said).toHaveLength(2);
    expect(measured).toHaveLength(2);
    for (const [index, kilobytes] of measured.entries())
      expect(Math.abs(Number(said[index]) - Number(kilobytes)), `${name}: ${measured}`).toBeLessThan(
        0.1 * Number(kilobytes) + 0.5,
      );
  }
});

describe.each([
  ['18.2.0', '18'],
  ['19', '19'],
])('a host with React %s', (react, types) => {
  let application: HostApplication;
  beforeAll(async () => {
    application = await installHost(packed.tarball, react, types);
    current = application;
    await application.build();
  });
  afterAll(() => application?.remove());

  const installed = (...path: string[]) => join(application.folder, 'node_modules', ...path);

  it('the tarball finds its types right under strict, and those of everything that it installed', async () => {
    expect(await application.typeErrors()).toBe('');
  });

  it('the tarball has one React and one Yjs, and no React in the headless client', () => {
    const nested = readdirSync(application.folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /node_modules[\\/](?:react|react-dom|yjs)[\\/]package\.json$/u.test(path),
    );
    expect(nested).toHaveLength(3);
    const client = installed('@tablo', 'client');
    const seen = new Set<string>();
    const libraries = new Set<string>();
    const follow = (path: string): void => {
      if (seen.has(path)) return;
      seen.add(path);
      for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/gu)) {
        if (name.startsWith('.')) follow(join(dirname(path), name));
        else libraries.add(name);
      }
    };
    follow(join(client, 'headless.js'));
    expect([...libraries].sort()).toEqual(['@hocuspocus/provider', 'idb', 'y-protocols/awareness', 'yjs']);
  });

  it('the tarball renders an empty state on a server, without an inline style and without a word of warning', async () => {
    const { html, problems } = await application.renderOnServer();
    expect(problems).toBe('');
    expect(html).toContain('<output>0</output>');
    expect(html).toContain('class="tablo-chat');
    expect(html).not.toMatch(/\sstyle=|<style/u);
  });

  it('the tarball shows the chat under a policy without inline styles, two people see each other’s messages, and no element of the host’s looks different', async () => {
    const { channel } = await call<{ channel: { id: string } }>(ann, '/chat/channels', { name: `Plans ${react}` });
    await call(ann, `/chat/channels/${channel.id}/members`, { user_id: bob.id });
    const pages = [await openPage(), await openPage()] as const;
    const before = await computedStyles(pages[0]);
    expect(Object.keys(before).length).toBeGreaterThan(40);
    await Promise.all(
      [ann, bob].map((user, index) =>
        pages[index]?.evaluate(([url, token, id]) => window.showChat(url, token, id), [
          stage.server.url,
          sign(user),
          channel.id,
        ] as const),
      ),
    );
    for (const page of pages) await page.getByText('online', { exact: true }).waitFor({ timeout: DEADLINE_MS });
    for (const page of pages) await page.getByRole('button', { name: 'Say it' }).click();
    for (const page of pages)
      await eventually(() => page.locator('ol > li[data-status=sent]').allTextContents()).toEqual([
        'by the hook',
        'by the hook',
      ]);
    expect(await stage.texts(`Plans ${react}`)).toEqual(['by the hook', 'by the hook']);
    const [page] = pages;
    const shown = await page.getByRole('region', { name: 'Hooks' }).getAttribute('data-react');
    expect(shown?.split('.')[0]).toBe(react.split('.')[0]);

    await useEveryPart(page);
    await eventually(() => pages[1].getByRole('log', { name: 'Messages' }).textContent()).toContain('from the page');
    expect(await page.evaluate(() => [...document.body.children].map(({ id, tagName }) => id || tagName))).toEqual([
      'host',
      'chat',
    ]);

    expect(await computedStyles(pages[0])).toEqual(before);
    for (const page of pages) expect(await page.evaluate(() => window.violations)).toEqual([]);
    stage.expectNoProblems();

    // Of host.css, on its `:root`.
    const send = page.getByRole('button', { name: 'Send', exact: true });
    await page.getByRole('textbox', { name: 'Message' }).fill('not yet');
    await eventually(() => send.evaluate((button) => getComputedStyle(button).backgroundColor)).toBe(
      'rgb(122, 31, 162)',
    );
    expect(await brightness(page)).toBeGreaterThan(200);
    for (const dark of [{ class: 'dark' }, { 'data-theme': 'dark' }] as const) {
      const [[name, value] = ['', '']] = Object.entries(dark);
      await page.evaluate(([name, value]) => document.documentElement.setAttribute(name, value), [
        name,
        value,
      ] as const);
      expect(await brightness(page), name).toBeLessThan(60);
      await page.evaluate((name) => document.documentElement.removeAttribute(name), name);
      expect(await brightness(page)).toBeGreaterThan(200);
    }
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await brightness(page)).toBeGreaterThan(200);
    const root = page.locator('.tablo-chat-page');
    // As the provider's `theme` sets it.
    for (const [theme, isDark] of [
      ['system', true],
      ['light', false],
      ['dark', true],
    ] as const) {
      await root.evaluate((element, theme) => element.setAttribute('data-tablo-theme', theme), theme);
      expect((await brightness(page)) < 60, theme).toBe(isDark);
    }
    for (const page of pages) await page.context().close();
  });
});

declare global {
  interface Window {
    violations: string[];
    showChat(serverUrl: string, token: string, channelId: string): Promise<void>;
  }
}

async function openPage(): Promise<Page> {
  const context = await stage.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
      window.violations.push(`${violatedDirective} ${blockedURI} ${sample}`),
    );
  });
  await page.goto(host.url);
  await page.waitForFunction(() => 'showChat' in window);
  return page;
}

/** Writes, and opens what is in scripts of its own: menu, settings, search. */
async function useEveryPart(page: Page): Promise<void> {
  const frame = page.getByRole('region', { name: 'Chat', exact: true });
  await frame.getByRole('textbox', { name: 'Message' }).fill('from the page');
  await frame.getByRole('button', { name: 'Send', exact: true }).click();
  const message = frame.locator('[data-message-id][data-status=sent]', { hasText: 'from the page' });
  await message.waitFor({ timeout: DEADLINE_MS });
  await message.hover();
  await message.getByRole('button', { name: 'More' }).click();
  const menu = frame.getByRole('menu', { name: 'What to do with this message' });
  await menu.getByRole('menuitem', { name: 'Copy text' }).waitFor();
  await page.keyboard.press('Escape');
  for (const name of ['Members and settings', 'Search this tablo']) {
    await frame.getByRole('button', { name }).click();
    const dialog = frame.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'detached' });
  }
}

/** Of the conversation's background, from 0 to 255. */
async function brightness(page: Page): Promise<number> {
  const colour = await page
    .locator('.tablo-chat-page')
    .evaluate((element) => getComputedStyle(element).backgroundColor);
  return Math.max(...[...colour.matchAll(/\d+/gu)].map(([part]) => Number(part)));
}

/** Of every element of the host's, and of what stands before and after it. */
function computedStyles(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() => {
    const all: Record<string, string> = {};
    const elements = [
      document.documentElement,
      document.head,
      document.body,
      ...document.querySelectorAll('#host, #host *, #chat'),
    ];
    for (const [index, element] of elements.entries())
      for (const pseudo of [null, '::before', '::after', '::placeholder', '::marker', '::backdrop']) {
        const style = getComputedStyle(element, pseudo);
        const values = [...style].map((name) => `${name}: ${style.getPropertyValue(name)}`);
        all[`${index} ${element.tagName}${pseudo ?? ''}`] = values.join('\n');
      }
    return all;
  });
}
