// The browser under the other tests: that a profile outlives a killed browser is what their claims about crashes rest on.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, launchChromium } from '../../support/browser.ts';

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<h1>Here</h1>'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => server.close());

/** Adds a row, strictly durable, and counts the rows. */
const addRow = (page: Page) =>
  page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('kept', 1);
      request.onupgradeneeded = () => request.result.createObjectStore('rows', { autoIncrement: true });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return await new Promise<number>((resolve, reject) => {
      const transaction = database.transaction('rows', 'readwrite', { durability: 'strict' });
      transaction.objectStore('rows').add('row');
      const count = transaction.objectStore('rows').count();
      transaction.oncomplete = () => resolve(count.result);
      transaction.onerror = () => reject(transaction.error);
    });
  });

describe('launchChromium', () => {
  it('[R7] launchChromium keeps a profile’s IndexedDB over a killed browser', async () => {
    const userDataDir = await mkdtemp(join(tmpdir(), 'tablo-profile-'));
    const first = await launchChromium({ userDataDir });
    const page = await first.context.newPage();
    await page.goto(url);
    expect(await addRow(page)).toBe(1);
    await first.kill();
    const second = await launchChromium({ userDataDir });
    const again = await second.context.newPage();
    await again.goto(url);
    expect(await addRow(again)).toBe(2);
    await second.close();
    await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
  });

  it('launchChromium shares nothing between contexts', async () => {
    const browser = await launchChromium();
    const pages = await Promise.all(
      [browser.newContext(), browser.newContext()].map(async (context) => (await context).newPage()),
    );
    for (const page of pages) {
      await page.goto(url);
      expect(await addRow(page)).toBe(1);
    }
    await browser.close();
  });
});

describe('findChromium', () => {
  it('findChromium finds the one from npm where no other is installed', async () => {
    const { path } = await findChromium('npm');
    expect(path).toContain('tablo-chromium');
  });

  it('findChromium says in a sentence that a wrong CHROMIUM_PATH does not run', async () => {
    await expect(findChromium('/nowhere/chromium')).rejects.toThrow(
      /CHROMIUM_PATH names \/nowhere\/chromium, which does not run/,
    );
  });
});
