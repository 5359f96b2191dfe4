/**
 * `npm run bench:cache -- --tablos 100 --messages 100 --rounds 7`: what it costs to keep documents on a device, with our store and with `y-indexeddb` behind a mirror
 * of the document, in a real Chromium; and what becomes of both when storage fails. docs/ARCHITECTURE.md has the figures and what follows from them.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { build, type Rolldown } from 'vite';
import { launchChromium } from '../support/browser.ts';
import { limitStorage } from '../support/tamper.ts';
import type { StorageCounts } from './counted-storage.ts';
import type { CacheKind } from './document-caches.ts';
import type { Fault, FaultReport, Opened, Task } from './page.ts';

/** The browser's driver answers it, not a server. It is an origin that browsers trust with storage. */
const PAGE_URL = 'http://localhost/document-cache';
const FULL_DISK_BYTES = 1_000_000;
const FAULTS: readonly Fault[] = ['refused', 'full', 'closed', 'deleted'];

interface Shape {
  readonly tablos: number;
  readonly messages: number;
  readonly rounds: number;
}

interface Figures {
  readonly filled: StorageCounts;
  readonly asWritten: readonly Opened[];
  readonly compacted: readonly Opened[];
  readonly one: readonly Opened[];
  readonly bytesAsWritten: number;
  readonly bytesCompacted: number;
}

async function bundlePage(): Promise<string> {
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(new URL('page.ts', import.meta.url)), formats: ['iife'], name: 'page' },
    },
  })) as Rolldown.RolldownOutput[];
  const code = built[0]?.output[0].code;
  if (code === undefined) throw new Error('The page was not built.');
  return code;
}

/** A browser of its own for each call, so that the bytes of one cache are not another's. */
async function withPage<T>(script: string, act: (page: Page, reload: () => Promise<void>) => Promise<T>): Promise<T> {
  const chromium = await launchChromium();
  try {
    const page = await chromium.context.newPage();
    await page.route(PAGE_URL, (route) =>
      route.fulfill({ contentType: 'text/html', body: `<!doctype html><script>${script}</script>` }),
    );
    return await act(page, async () => void (await page.goto(PAGE_URL)));
  } finally {
    await chromium.close();
  }
}

const measure = (script: string, kind: CacheKind, { tablos, messages, rounds }: Shape): Promise<Figures> =>
  withPage(script, async (page, reload) => {
    const task: Task = { kind, owner: 'ada', tablos, messages };
    const openInRounds = async (count: number): Promise<readonly Opened[]> => {
      const results: Opened[] = [];
      for (let round = 0; round < rounds; round += 1) {
        await reload();
        const opened = await page.evaluate((given) => window.bench.open(given), { ...task, tablos: count });
        if (opened.messagesRead !== count * messages) throw new Error(`${kind} has lost messages.`);
        results.push(opened);
      }
      return results;
    };
    await reload();
    const filled = await page.evaluate((given) => window.bench.fill(given), task);
    const bytesAsWritten = await page.evaluate(() => window.bench.usage());
    const asWritten = await openInRounds(tablos);
    await reload();
    await page.evaluate((given) => window.bench.compact(given), task);
    const compacted = await openInRounds(tablos);
    const bytesCompacted = await page.evaluate(() => window.bench.usage());
    return { filled, asWritten, compacted, one: await openInRounds(1), bytesAsWritten, bytesCompacted };
  });

const breakCache = (script: string, kind: CacheKind, fault: Fault): Promise<FaultReport> =>
  withPage(script, async (page, reload) => {
    // Before anything is written: the browser asks only now and then how much room there is.
    if (fault === 'full') await limitStorage(page, PAGE_URL, FULL_DISK_BYTES);
    await reload();
    return await page.evaluate(([one, what]) => window.bench.breakCache(one, what), [kind, fault] as const);
  });

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;

function rowsOf(figures: Figures, { tablos, messages }: Shape): Record<string, string> {
  const { filled, asWritten, compacted, one, bytesAsWritten, bytesCompacted } = figures;
  const time = (opened: readonly Opened[]): string => `${median(opened.map(({ ms }) => ms)).toFixed(0)} ms`;
  return {
    'rows written per message': (filled.rowsWritten / (tablos * messages)).toFixed(2),
    'databases opened per start': String(compacted[0]?.opens),
    'rows written per start': String(compacted[0]?.rowsWritten),
    'all tablos, a row per message': time(asWritten),
    'all tablos, compacted': time(compacted),
    'one tablo, compacted': time(one),
    'bytes, a row per message': `${(bytesAsWritten / 1e6).toFixed(1)} MB`,
    'bytes after compaction': `${(bytesCompacted / 1e6).toFixed(1)} MB`,
  };
}

const describeFault = ({ status, waitedMs, unhandled, found, databases }: FaultReport): string =>
  `says "${status}" after ${waitedMs} ms, ${unhandled} unhandled, ${found} of 3 messages found, ${databases} databases`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      tablos: { type: 'string', default: '100' },
      messages: { type: 'string', default: '100' },
      rounds: { type: 'string', default: '7' },
    },
  });
  const shape = { tablos: Number(values.tablos), messages: Number(values.messages), rounds: Number(values.rounds) };
  const script = await bundlePage();
  for (const kind of ['own', 'library'] as const) {
    const rows = rowsOf(await measure(script, kind, shape), shape);
    for (const fault of FAULTS) rows[`storage is ${fault}`] = describeFault(await breakCache(script, kind, fault));
    process.stdout.write(`\n${kind}\n`);
    for (const [name, value] of Object.entries(rows)) process.stdout.write(`  ${name.padEnd(32)}${value}\n`);
  }
}

await main();
