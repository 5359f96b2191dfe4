// Scripts that come beside the first screen, or after it: what people see while they do not come.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let ada: Person;

beforeAll(async () => {
  stage = await openStage();
  stage.expectOutage();
  ada = await stage.newPerson('Ada Lovelace');
  await ada.createTablo('Kitchen');
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

it('[R7] [R11] one reads and writes without it, is told, and everything is sent once it has come, with nobody’s help', async () => {
  // As on a device that has not been here: no service worker has the script.
  const phone = await stage.secondDevice(ada, { serviceWorkers: 'block' });
  await phone.open('Kitchen');
  let isLost = true;
  await phone.page.route('**/assets/connection-*.js*', (route) => (isLost ? route.abort() : route.continue()));
  await phone.page.reload();
  await phone.open('Kitchen');
  await eventually(() => phone.status()).toBe('Offline');
  await phone.say('Written meanwhile');
  await eventually(() => phone.statusOf('Written meanwhile')).toEqual(['pending']);
  isLost = false;
  await eventually(() => phone.status()).toBe('Online');
  await eventually(() => phone.statusOf('Written meanwhile')).toEqual(['sent']);
  expect(await stage.texts('Kitchen')).toEqual(['Written meanwhile']);
});

it('a dialog whose script did not come is there by itself when the network is back', async () => {
  const phone = await stage.secondDevice(ada, { serviceWorkers: 'block' });
  await phone.open('Kitchen');
  let isLost = true;
  await phone.page.route('**/assets/message-search-*.js*', (route) => (isLost ? route.abort() : route.continue()));
  await phone.page.reload();
  await phone.open('Kitchen');
  await phone.page.getByRole('button', { name: 'Search this tablo' }).click();
  await phone.page.getByText('This part of the page could not be loaded.').waitFor();
  isLost = false;
  await phone.goOffline();
  await phone.goOnline();
  await phone.page.getByRole('searchbox', { name: 'Search messages' }).waitFor();
  expect(await phone.page.getByText('This part of the page could not be loaded.').count()).toBe(0);
});
