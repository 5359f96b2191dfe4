// Pictures of the product, to look at: `node_modules/node/bin/node e2e/screenshots/screenshots.ts <outdir> [<picture for the README>]`.
// The real server with a fresh database; what is in it was written through the product.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContextOptions } from 'playwright-core';
import { type Chromium, launchChromium } from '../support/browser.ts';
import { PASSWORD, Person } from '../support/person.ts';
import { startServer } from '../support/server.ts';
import { type Seeded, seed } from './screenshot-seed.ts';

const SIZES = [
  { width: 360, height: 740 },
  { width: 768, height: 1024 },
  { width: 1440, height: 900 },
] as const;
const SCHEMES = ['light', 'dark'] as const;
const PHONE_WIDTH = 360;
const TUNNEL = ['I am in the tunnel now. Keep going without me.', 'The minutes are in the shared folder.'] as const;
const BRIDGE = ['Another tunnel. I had three words of signal.', 'The crossword is solved: it was OTTER.'] as const;

const [outDir, readmePicture] = process.argv.slice(2);
if (outDir === undefined) {
  process.stderr.write('Where to? node e2e/screenshots/screenshots.ts <outdir> [<picture for the README>]\n');
  process.exit(2);
}

/** It is three in the afternoon in the pictures, whenever they are taken. */
function afternoon(): string {
  const hours = ((15 - new Date().getUTCHours() + 12) % 24) - 12;
  // POSIX counts westwards: Etc/GMT-2 is two hours ahead.
  return hours === 0 ? 'Etc/GMT' : `Etc/GMT${hours > 0 ? '-' : '+'}${Math.abs(hours)}`;
}

class Studio {
  readonly #browser: Chromium;
  readonly #url: string;
  readonly #outDir: string;

  constructor(browser: Chromium, url: string, outDir: string) {
    this.#browser = browser;
    this.#url = url;
    this.#outDir = outDir;
  }

  async at(account: { readonly name: string; readonly email: string }, width = 1440): Promise<Person> {
    const isPhone = width === PHONE_WIDTH;
    const size = SIZES.find((one) => one.width === width) ?? SIZES[2];
    const options: BrowserContextOptions = {
      viewport: size,
      timezoneId: afternoon(),
      locale: 'en-GB',
      ...(isPhone ? { hasTouch: true, isMobile: true } : {}),
    };
    const person = await Person.atNewTab(await this.#browser.newContext(options), this.#url, account);
    await person.page.goto(this.#url);
    return person;
  }

  async signedIn(account: { readonly name: string; readonly email: string }, width?: number): Promise<Person> {
    const person = await this.at(account, width);
    await person.signIn();
    return person;
  }

  /** In both themes, at the sizes that the person's device can have. */
  async take(scene: string, { page }: Person): Promise<void> {
    const now = page.viewportSize() ?? SIZES[2];
    const sizes = now.width === PHONE_WIDTH ? [SIZES[0]] : SIZES.slice(1);
    for (const size of sizes) {
      await page.setViewportSize(size);
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        await this.shot(join(this.#outDir, `${scene}-${size.width}-${colorScheme}.png`), page);
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(now);
  }

  async shot(path: string, page: Person['page']): Promise<void> {
    await page.evaluate(() => document.fonts.ready);
    // Away from the messages: the one under the mouse shows its tools.
    await page.mouse.move(0, 0);
    await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  }
}

async function takeAll(studio: Studio, seeded: Seeded, picture: string): Promise<void> {
  const { ada, bob, grace, linus, newcomer, team, long } = seeded;
  for (const width of [PHONE_WIDTH, 1440]) {
    const stranger = await studio.at({ name: 'Nobody', email: 'nobody@example.org' }, width);
    await stranger.page.getByRole('button', { name: 'Create account', exact: true }).waitFor();
    await studio.take('sign-up', stranger);
    await stranger.context.close();

    const fresh = await studio.signedIn(newcomer, width);
    await fresh.page.getByText('No tablos yet').waitFor();
    await studio.take('empty-list', fresh);
    await fresh.context.close();
  }

  // Others have it open, so that somebody is here.
  const others = await Promise.all([bob, grace, linus].map((account) => studio.signedIn(account)));
  for (const other of others) await other.open(team);
  const [bobAtDesk, graceAtDesk, linusAtDesk] = others;
  const desk = await studio.signedIn(ada);
  await desk.open(long);
  await desk.log.press('End');
  await desk.tabloLink(long).getByText('unread').waitFor({ state: 'detached' });
  await desk.open(team);
  await desk.page.getByText('4 here now').waitFor();
  await bobAtDesk?.react('The new landing page is live', '🎉');
  await graceAtDesk?.react('The new landing page is live', '🎉');
  await linusAtDesk?.react('The new landing page is live', '🚀');
  await graceAtDesk?.react('sixty per cent smaller', '👏');
  await desk.choose('Then we announce on Thursday', 'Edit');
  await desk.composer.fill('Then we announce on Thursday at ten, and I tell the press tonight.');
  await desk.composer.press('Enter');
  await bobAtDesk?.react('Then we announce on Thursday at ten', '👍');
  await linusAtDesk?.react('Then we announce on Thursday at ten', '👍');
  await desk
    .message('Then we announce on Thursday at ten')
    .getByRole('button', { name: /Bob .*and Linus .*reacted/ })
    .waitFor();
  await desk
    .message('The new landing page is live')
    .getByRole('button', { name: /Bob .*and Grace .*reacted/ })
    .waitFor();
  await desk
    .message('The new landing page is live')
    .getByRole('button', { name: /Linus .*reacted/ })
    .waitFor();
  await graceAtDesk?.composer.pressSequentially('Cake', { delay: 1 });
  await desk.page.getByText('Grace is typing…').waitFor();
  await studio.shot(picture, desk.page);
  await studio.take('lively', desk);
  await graceAtDesk?.composer.fill('');

  const phone = await studio.signedIn(ada, PHONE_WIDTH);
  await studio.take('phone-list', phone);
  await phone.open(team);
  await phone.message('Then we announce').waitFor();
  await studio.take('phone-conversation', phone);
  await phone.page.goBack();

  for (const person of [desk, phone]) {
    await person.open(long);
    await person.message('That is all for today').waitFor();
    await studio.take('conversation-200', person);
    const dialog = await person.openSettings();
    await dialog.getByText('Grace Hopper').waitFor();
    await studio.take('members', person);
    await person.closeDialog();

    await person.goOffline();
    await person.page.getByText('You are offline').waitFor();
    const [first, second] = person === desk ? TUNNEL : BRIDGE;
    await person.say(first);
    await person.say(second);
    await person.log.locator('[data-status="pending"]').nth(1).waitFor();
    await studio.take('offline-pending', person);
    await person.goOnline();
    await person.log.locator('[data-status="pending"]').first().waitFor({ state: 'detached' });
  }
}

async function main(outDir: string, picture: string): Promise<void> {
  await Promise.all([mkdir(outDir, { recursive: true }), mkdir(dirname(picture), { recursive: true })]);
  const dataDir = await mkdtemp(join(tmpdir(), 'tablo-pictures-'));
  const clockFile = join(dataDir, 'clock');
  const setClock = (shiftMs: number) => writeFile(clockFile, String(Math.round(shiftMs)));
  await setClock(0);
  const server = await startServer({
    env: {
      DATA_DIR: join(dataDir, 'data'),
      TABLO_CLOCK_FILE: clockFile,
      NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'server-clock.ts')).href}`,
    },
  });
  const browser = await launchChromium();
  try {
    const studio = new Studio(browser, server.url, outDir);
    const seeded = await seed({
      url: server.url,
      password: PASSWORD,
      setClock,
      open: (account) => studio.signedIn(account),
    });
    await setClock(0);
    await takeAll(studio, seeded, picture);
  } finally {
    await browser.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

await main(outDir, readmePicture ?? join(outDir, 'screenshot.png'));
