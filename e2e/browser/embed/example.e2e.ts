// `npm run example`, as a reader starts it, and two people in front of it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@tablo/sync-server/base/free-port';
import { untilWithin } from '@tablo/sync-server/testing/wait';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Chromium, launchChromium } from '../../support/browser.ts';

const START_MS = 150_000;
const until = untilWithin(30_000);
let dataDir: string;
let example: ChildProcess;
let output = '';
let url: string;
let chromium: Chromium;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tablo-example-'));
  const hostPort = await freePort();
  url = `http://127.0.0.1:${hostPort}`;
  example = spawn(process.execPath, [join(import.meta.dirname, '../../../examples/embed/start.ts')], {
    env: {
      ...process.env,
      EXAMPLE_DATA_DIR: dataDir,
      HOST_PORT: String(hostPort),
      CHAT_PORT: String(await freePort()),
    },
  });
  for (const stream of [example.stdout, example.stderr])
    stream?.on('data', (text) => {
      output += String(text);
    });
  await until(() => {
    if (example.exitCode !== null) throw new Error(`The example ended (${example.exitCode}):\n${output}`);
    expect(output).toContain(`The example runs at ${url}`);
  }, START_MS);
  chromium = await launchChromium();
}, START_MS + 30_000);

afterAll(async () => {
  await chromium?.close();
  if (example !== undefined && example.exitCode === null) {
    example.kill('SIGTERM');
    await once(example, 'exit');
  }
  await rm(dataDir, { recursive: true, force: true });
});

async function open(name: string): Promise<Page> {
  const context = await chromium.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(url);
  await page.getByRole('button', { name: `I am ${name}` }).click();
  return page;
}
const openBoard = (page: Page, name: string) =>
  page.getByRole('region', { name: 'Boards' }).getByRole('button', { name }).click();
async function write(page: Page, text: string): Promise<void> {
  const field = page.getByRole('textbox', { name: 'Message' });
  await field.fill(text);
  await field.press('Enter');
}
const conversation = (page: Page) => page.getByRole('log');

it('[H] Two people of a host application write to each other on its boards, with and without a network, and its navigation counts what is unread', async () => {
  const [ada, ben] = [await open('Ada'), await open('Ben')];
  await openBoard(ada, 'Website launch');
  await write(ada, 'Shall we start on Monday?');
  await until(async () => expect(await ben.getByLabel('Unread messages').textContent()).toBe('1'));

  await openBoard(ben, 'Website launch');
  await until(async () => expect(await conversation(ben).textContent()).toContain('Shall we start on Monday?'));
  await until(async () => expect(await ben.getByLabel('Unread messages').count()).toBe(0));

  await ben.context().setOffline(true);
  await write(ben, 'Monday is fine, from a train');
  await until(async () => expect(await conversation(ben).textContent()).toContain('from a train'));
  expect(await conversation(ada).textContent()).not.toContain('from a train');
  await ben.context().setOffline(false);
  await until(async () => expect(await conversation(ada).textContent()).toContain('Monday is fine, from a train'));
});

it('[H] A board that the application makes has its conversation at once, for everybody who is on it', async () => {
  const [cleo, ada] = [await open('Cleo'), await open('Ada')];
  cleo.on('dialog', (dialog) => void dialog.accept('Garden'));
  await cleo.getByRole('button', { name: 'New board' }).click();
  await write(cleo, 'The first message on a new board');
  await until(async () => expect(await ada.getByLabel('Unread messages').count()).toBe(1));
  await ada.reload();
  await openBoard(ada, 'Garden');
  await until(async () => expect(await conversation(ada).textContent()).toContain('The first message on a new board'));
});

it('[H] Who signs out of the application is nobody in the chat, and who signs in next sees nothing of the one before', async () => {
  const page = await open('Ada');
  await openBoard(page, 'Summer party');
  await write(page, 'Only for those who are on this board');
  await until(async () => expect(await conversation(page).textContent()).toContain('Only for those'));
  await page.getByRole('button', { name: 'Sign out' }).click();
  await until(async () => expect(await page.getByText('Only for those').count()).toBe(0));
  await page.getByRole('button', { name: 'I am Cleo' }).click();
  await page.getByRole('region', { name: 'Chat' }).first().waitFor();
  await until(async () =>
    expect(await page.getByRole('region', { name: 'Boards' }).getByRole('button').count()).toBeGreaterThan(1),
  );
  expect(await page.getByText('Summer party').count()).toBe(0);
  expect(await page.getByText('Only for those').count()).toBe(0);
});
