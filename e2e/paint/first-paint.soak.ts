/**
 * `npm run bench:paint -- --runs 5 --only cold`: what people wait for until the page is there, on this machine and on one with a processor of a quarter of the speed. Medians.
 * The real server and a real Chromium; an account with twelve tablos, in one of them 200 messages of four people.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Chromium, launchChromium } from '../support/browser.ts';
import { PASSWORD, Person } from '../support/person.ts';
import { RestPerson } from '../support/rest-person.ts';
import { startServer } from '../support/server.ts';
import { type Load, measurePage, type PageFigures } from './measure-page.ts';

const TABLOS = 12;
const MESSAGES = 200;
const FORM = 'input[type="password"]';
const COMPOSER = 'textarea[aria-label="Message"]';
/** As browsers' developer tools name it. */
const SLOW_4G = { bytesPerSecond: (1_600_000 / 8) * 0.9, latencyMs: 562 / 2 };

interface Row {
  readonly name: string;
  readonly load: Load;
  /** `known`: a device that has been here; `cold`: one that is signed in and has nothing else; `stranger`: not even that. */
  readonly device: 'stranger' | 'cold' | 'known';
}

/** Twenty words at most, of a few lines now and then. */
const textOf = (nth: number): string =>
  Array.from(
    { length: 3 + ((nth * 7) % 18) },
    (_, at) => ['paper', 'river', 'seven', 'because', 'lamp'][(nth + at * at) % 5],
  ).join(nth % 11 === 0 ? '\n' : ' ');

async function seed(url: string): Promise<{ readonly reader: RestPerson; readonly tablo: string }> {
  const people = ['Ada Reader', 'Bob Writer', 'Grace Writer', 'Linus Writer'].map((name) => new RestPerson(url, name));
  await Promise.all(people.map((person) => person.signUp(PASSWORD)));
  const [reader, ...writers] = people;
  if (reader === undefined) throw new Error('There is nobody.');
  for (let nth = 1; nth < TABLOS; nth += 1) await reader.say(await reader.createTablo(`Tablo ${nth}`), textOf(nth));
  const tablo = await reader.createTablo('The long one');
  const code = await reader.invite(tablo);
  for (const writer of writers) await writer.accept(code);
  for (let nth = 0; nth < MESSAGES; nth += 1) await people[nth % people.length]?.say(tablo, textOf(nth));
  return { reader, tablo };
}

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;

function medians(runs: readonly PageFigures[]): PageFigures {
  const of = (name: keyof PageFigures) => median(runs.map((run) => run[name]));
  return {
    firstPaint: of('firstPaint'),
    field: of('field'),
    messages: of('messages'),
    blocked: of('blocked'),
    layoutShift: of('layoutShift'),
    scriptBytes: of('scriptBytes'),
  };
}

function print(rows: readonly (readonly [string, PageFigures])[]): void {
  const cells = rows.map(([name, figures]) => [
    name,
    ...[figures.firstPaint, figures.field, figures.messages, figures.blocked].map((ms) =>
      Number.isNaN(ms) ? '–' : `${Math.round(ms)}`,
    ),
    figures.layoutShift.toFixed(3),
    `${(figures.scriptBytes / 1_000).toFixed(1)}`,
  ]);
  const head = ['ms', 'first paint', 'field', '20 messages', 'blocked', 'layout shift', 'script before, KB'];
  const widths = head.map((_, at) => Math.max(...[head, ...cells].map((row) => row[at]?.length ?? 0)));
  for (const row of [head, ...cells])
    process.stdout.write(
      `${row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')}\n`,
    );
}

async function measure(browser: Chromium, url: string, reader: RestPerson, rows: readonly Row[], runs: number) {
  const known = await browser.newContext();
  const person = await Person.atNewTab(known, url, reader);
  await person.signIn();
  await person.open('The long one');
  await person.log.locator('[data-message-id]').nth(20).waitFor();
  await person.waitForServiceWorker();
  // Its page would share the processor with the one that is measured.
  await person.page.close();
  const { cookies } = await known.storageState();
  const figures: (readonly [string, PageFigures])[] = [];
  for (const { name, load, device } of rows) {
    const found: PageFigures[] = [];
    for (let nth = 0; nth < runs; nth += 1) {
      const context = device === 'known' ? known : await browser.newContext();
      if (device === 'cold') await context.addCookies(cookies);
      found.push(await measurePage(context, load));
      if (device !== 'known') await context.close();
    }
    figures.push([name, medians(found)]);
  }
  return figures;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { runs: { type: 'string', default: '5' }, only: { type: 'string', default: '' } },
  });
  const dataDir = await mkdtemp(join(tmpdir(), 'tablo-paint-'));
  const server = await startServer({ env: { DATA_DIR: join(dataDir, 'data') } });
  const browser = await launchChromium();
  try {
    const { reader, tablo } = await seed(server.url);
    const form = { url: server.url, field: FORM, hasMessages: false };
    const conversation = { url: `${server.url}/t/${tablo}`, field: COMPOSER, hasMessages: true };
    const rows: Row[] = [
      { name: 'form to sign up, 4x', device: 'stranger', load: { ...form, slowness: 4 } },
      { name: 'conversation, cold, 1x', device: 'cold', load: { ...conversation, slowness: 1 } },
      { name: 'conversation, cold, 4x', device: 'cold', load: { ...conversation, slowness: 4 } },
      { name: 'the same, slow 4G', device: 'cold', load: { ...conversation, slowness: 4, link: SLOW_4G } },
      { name: 'conversation, again, 1x', device: 'known', load: { ...conversation, slowness: 1 } },
      { name: 'conversation, again, 4x', device: 'known', load: { ...conversation, slowness: 4 } },
    ];
    const wanted = rows.filter(({ name }) => name.includes(values.only));
    print(await measure(browser, server.url, reader, wanted, Number(values.runs)));
  } finally {
    await browser.close();
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

await main();
