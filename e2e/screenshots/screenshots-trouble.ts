// Pictures of the page in trouble, to look at: `node_modules/node/bin/node e2e/screenshots/screenshots-trouble.ts <outdir>`.
// What stands there was written through the product; what fails is made to fail from outside.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Chromium, launchChromium } from '../support/browser.ts';
import { PASSWORD, Person } from '../support/person.ts';
import { RestPerson } from '../support/rest-person.ts';
import { startServer } from '../support/server.ts';
import { refuseWrites } from '../support/tamper.ts';

const SIZES = [
  { width: 360, height: 740 },
  { width: 768, height: 1024 },
  { width: 1440, height: 900 },
] as const;
const TABLO = 'Night shift';
const LINES = 200;
const [outDir] = process.argv.slice(2);
if (outDir === undefined) {
  process.stderr.write('Where to? node e2e/screenshots/screenshots-trouble.ts <outdir>\n');
  process.exit(2);
}

async function take(scene: string, { page }: Person, width: number): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.mouse.move(0, 0);
    const path = join(outDir ?? '', `${scene}-${width}-${colorScheme}.png`);
    await page.screenshot({ path, animations: 'disabled', caret: 'hide' });
  }
}

async function atSize(browser: Chromium, url: string, account: RestPerson, size: (typeof SIZES)[number]) {
  const isPhone = size.width === 360;
  const touch = isPhone ? { hasTouch: true, isMobile: true } : {};
  const context = await browser.newContext({ viewport: size, locale: 'en-GB', ...touch });
  const person = await Person.atNewTab(context, url, account);
  await person.signIn();
  await person.open(TABLO);
  await person.message('That was all').waitFor();
  return person;
}

const pending = (person: Person, count: number) =>
  person.log
    .locator('[data-status="pending"]')
    .nth(count - 1)
    .waitFor();

async function main(outDir: string): Promise<void> {
  await mkdir(outDir, { recursive: true });
  const dataDir = await mkdtemp(join(tmpdir(), 'tablo-pictures-'));
  const server = await startServer({ env: { DATA_DIR: dataDir } });
  const browser = await launchChromium();
  try {
    const ada = new RestPerson(server.url, 'Ada Lovelace');
    const bob = new RestPerson(server.url, 'Bob Kahn');
    await ada.signUp(PASSWORD);
    await bob.signUp(PASSWORD);
    const tablo = await ada.createTablo(TABLO);
    const bobId = await bob.userId();
    await bob.accept(await ada.invite(tablo));
    for (let line = 1; line < LINES; line += 1)
      await (line % 3 === 0 ? ada : bob).say(tablo, `Round ${line}: all quiet.`);
    await bob.say(tablo, 'That was all. Good night.');
    for (const size of SIZES) {
      const person = await atSize(browser, server.url, ada, size);
      await person.goOffline();
      await person.page.getByText('You are offline').waitFor();
      await person.say('Written in the cellar, where there is no signal.');
      await person.say(
        'And a second one, long enough to take more than a single line on a phone and perhaps on a tablet as well.',
      );
      await pending(person, 2);
      await person.composer.fill('A draft that is not finished');
      await take('offline', person, size.width);
      await refuseWrites(person.page);
      await person.say('This one the device cannot keep.');
      await pending(person, 3);
      await person.page.locator('.strip-warning').waitFor();
      await take('memory', person, size.width);
      await person.context.close();

      const again = await atSize(browser, server.url, ada, size);
      await again.composer.fill('A draft that was restored\nafter the page was opened anew');
      await again.page.locator('.connection-online').waitFor();
      await again.page.waitForFunction(() => document.querySelector('textarea')?.value !== '');
      await take('draft', again, size.width);
      await again.page.route('**/api/auth/token', (route) => route.fulfill({ status: 401 }));
      await again.page.reload();
      await again.page.getByText('Your session has ended').waitFor();
      await again.say('Written without a session.');
      await pending(again, 1);
      await take('session-ended', again, size.width);
      await again.context.close();

      const removed = await atSize(browser, server.url, bob, size);
      await removed.goOffline();
      await removed.page.getByText('You are offline').waitFor();
      await removed.say('Written by somebody who is no member any more.');
      await removed.say('Short one.');
      await pending(removed, 2);
      await ada.remove(tablo, bobId);
      await removed.goOnline();
      await removed.log.locator('[data-status="refused"]').nth(1).waitFor();
      await take('refused', removed, size.width);
      await removed.context.close();
      await bob.accept(await ada.invite(tablo));
    }
  } finally {
    await browser.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

await main(outDir);
