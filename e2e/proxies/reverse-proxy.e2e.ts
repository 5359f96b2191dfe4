// The page behind a reverse proxy that does not pass the host on, or lets no WebSockets through: it says so, and which setting mends it, instead of blaming the network.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Person } from '../support/person.ts';
import { DEADLINE_MS, eventually, openStage, type Stage } from '../support/stage.ts';
import { openReverseProxy, type ReverseProxy } from './reverse-proxy.ts';

let stage: Stage;
let proxy: ReverseProxy;
beforeAll(async () => {
  stage = await openStage();
  proxy = await openReverseProxy(stage.server.url);
  stage.expectOutage();
  // What the proxy answers to upgrades, in the browser's own words.
  stage.expectRefusals();
  stage.expectMissing();
});
afterEach(() => stage.expectNoProblems());
afterAll(async () => {
  await proxy?.close();
  await stage?.close();
});

const strip = (person: Person, words: string | RegExp) => person.page.locator('.strip').filter({ hasText: words });
const tryNow = (person: Person) => person.page.getByRole('button', { name: 'Try now', exact: true }).click();
const status = (person: Person) => person.page.getByRole('status');

it('[R11] the page says which setting mends it: at the sign-up, and instead of "You are offline" to who is signed in; then goes on by itself', async () => {
  const account = { name: 'Ann', email: `ann.${crypto.randomUUID()}@example.org` };
  const ann = await Person.atNewTab(await stage.newContext(), proxy.url, account);
  await ann.page.goto(proxy.url);
  await ann.fillSignUp();
  const alert = ann.page.getByRole('alert').filter({ hasText: 'PUBLIC_URL' });
  await alert.waitFor();
  expect(await alert.textContent()).toContain(proxy.url);

  proxy.passesHost = true;
  await ann.page.getByRole('button', { name: 'Create account', exact: true }).click();
  await ann.createTablo('Plans');
  await eventually(() => status(ann).textContent()).toBe('Online');

  proxy.passesHost = false;
  proxy.cutAll();
  await strip(ann, 'PUBLIC_URL').waitFor({ timeout: DEADLINE_MS });
  expect(await strip(ann, 'PUBLIC_URL').textContent()).toContain(proxy.url);
  expect(await status(ann).textContent()).toBe('Offline');
  expect(await ann.page.getByText('You are offline').count()).toBe(0);
  await ann.say('written meanwhile');

  proxy.passesHost = true;
  await tryNow(ann);
  await eventually(() => stage.texts('Plans')).toEqual(['written meanwhile']);
  await strip(ann, 'PUBLIC_URL').waitFor({ state: 'detached' });

  for (const upgrades of [200, 404] as const) {
    proxy.upgrades = upgrades;
    proxy.cutAll();
    await strip(ann, /WebSocket/).waitFor({ timeout: DEADLINE_MS });
    proxy.upgrades = 'pass';
    await tryNow(ann);
    await eventually(() => status(ann).textContent()).toBe('Online');
    await strip(ann, /WebSocket/).waitFor({ state: 'detached' });
  }

  // Nobody answers at all: that is the network, or the server.
  stage.expectOutage();
  await stage.server.stop();
  await strip(ann, 'You are offline').waitFor({ timeout: DEADLINE_MS });
});
