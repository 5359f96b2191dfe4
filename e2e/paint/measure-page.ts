/** One load of a page, timed from inside: what a person waits for, in ms from the moment the address was opened. */
import type { BrowserContext, Page } from 'playwright-core';

export interface PageFigures {
  readonly firstPaint: number;
  /** The frame in which the form, or the composer, stands there. */
  readonly field: number;
  /** The frame in which twenty messages stand there; NaN where none are expected. */
  readonly messages: number;
  /** All tasks over 50 ms, as far as they are over. */
  readonly blocked: number;
  readonly layoutShift: number;
  /** Compressed script that had come before the field. */
  readonly scriptBytes: number;
}

export interface Load {
  readonly url: string;
  /** Selector. */
  readonly field: string;
  readonly hasMessages: boolean;
  /** How many times slower the processor is. */
  readonly slowness: number;
  /** Bytes a second and ms one way; absent: as fast as it goes. */
  readonly link?: { readonly bytesPerSecond: number; readonly latencyMs: number };
}

const GIVE_UP_MS = 60_000;

interface Marks {
  field?: number;
  messages?: number;
  blocked: number;
  shift: number;
}
declare global {
  interface Window {
    paintMarks: Marks;
  }
}

export async function measurePage(context: BrowserContext, load: Load): Promise<PageFigures> {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: load.slowness });
  if (load.link !== undefined) {
    const { bytesPerSecond, latencyMs } = load.link;
    const throughput = { downloadThroughput: bytesPerSecond, uploadThroughput: bytesPerSecond };
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', { offline: false, latency: latencyMs, ...throughput });
  }
  await page.addInitScript(watch, load.field);
  await page.goto(load.url, { waitUntil: 'commit' });
  const wanted = load.hasMessages ? ('messages' as const) : ('field' as const);
  await page.waitForFunction((name) => window.paintMarks?.[name] !== undefined, wanted, { timeout: GIVE_UP_MS });
  const figures = await read(page);
  await page.close();
  return figures;
}

/** Runs in the page, before anything of it. */
function watch(field: string): void {
  const marks: Marks = { blocked: 0, shift: 0 };
  window.paintMarks = marks;
  const inNextFrame = (note: () => void) => requestAnimationFrame(() => note());
  const seen = { field: false, messages: false };
  new MutationObserver(() => {
    if (!seen.field && document.querySelector(field) !== null) {
      seen.field = true;
      inNextFrame(() => {
        marks.field = performance.now();
      });
    }
    if (!seen.messages && document.querySelectorAll('[data-message-id]').length >= 20) {
      seen.messages = true;
      inNextFrame(() => {
        marks.messages = performance.now();
      });
    }
  }).observe(document, { childList: true, subtree: true });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) marks.blocked += Math.max(0, duration - 50);
  }).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) marks.shift += (entry as PerformanceEntry & { value: number }).value;
  }).observe({ type: 'layout-shift', buffered: true });
}

const read = (page: Page): Promise<PageFigures> =>
  page.evaluate(() => {
    const { field = Number.NaN, messages = Number.NaN, blocked, shift } = window.paintMarks;
    const scripts = (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).filter(
      ({ name, responseEnd }) => new URL(name).pathname.endsWith('.js') && responseEnd < field,
    );
    return {
      firstPaint: performance.getEntriesByName('first-paint')[0]?.startTime ?? Number.NaN,
      field,
      messages,
      blocked,
      layoutShift: shift,
      scriptBytes: scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    };
  });
