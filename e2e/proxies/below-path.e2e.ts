// The page below a path of a host where other applications live too, behind both kinds of proxy: those that take the path off what they pass on, and those that do not.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../support/database.ts';
import { Person } from '../support/person.ts';
import { type RunningServer, startServer } from '../support/server.ts';
import { eventually, openStage, type Stage } from '../support/stage.ts';
import { openReverseProxy, type ReverseProxy } from './reverse-proxy.ts';

/** The second one is called as REST is. */
const OFF = '/team/talk.v2';
const ON = '/chat';

let stage: Stage;
let database: Database;
let other: RunningServer;
let proxy: ReverseProxy;
beforeAll(async () => {
  stage = await openStage();
  database = await openDatabase();
  other = await startServer({ env: { DATABASE_URL: database.url } });
  proxy = await openReverseProxy([
    { path: OFF, target: stage.server.url, takesPathOff: true },
    { path: ON, target: other.url, takesPathOff: false },
  ]);
  await Promise.all([
    stage.server.restart({ PUBLIC_URL: `${proxy.url}${OFF}/` }),
    other.restart({ PUBLIC_URL: `${proxy.url}${ON}` }),
  ]);
  stage.expectOutage();
});
afterEach(() => stage.expectNoProblems());
afterAll(async () => {
  await proxy?.close();
  await other?.stop();
  await stage?.close();
  await database?.close();
});

const newAccount = (name: string) => ({ name, email: `${name.toLowerCase()}.${crypto.randomUUID()}@example.org` });

async function signUp(path: string, name: string, context = stage.newContext()): Promise<Person> {
  const url = `${proxy.url}${path}/`;
  const person = await Person.atNewTab(await context, url, newAccount(name));
  await person.page.goto(url);
  await person.signUp();
  return person;
}

const pathOf = ({ page }: Person): string => new URL(page.url()).pathname;

describe.each([
  ['a proxy that takes the path off', OFF],
  ['a proxy that passes the path on', ON],
])('behind %s', (_, path) => {
  it('[R7] two people find each other by an invitation link, and read, search and write with no network', async () => {
    const ann = await signUp(path, 'Ann');
    await ann.createTablo('Plans');
    expect(pathOf(ann)).toMatch(new RegExp(`^${path}/t/[0-9a-f-]{36}$`));
    const link = await ann.invite();
    expect(link).toMatch(new RegExp(`^${proxy.url}${path}/invite/.`));

    const ben = await Person.atNewTab(await stage.newContext(), `${proxy.url}${path}/`, newAccount('Ben'));
    await ben.page.goto(link);
    await ben.fillSignUp();
    await ben.page.getByRole('button', { name: 'Accept', exact: true }).click();
    await ben.log.waitFor();
    await ann.say('We meet at noon');
    await eventually(() => ben.texts()).toEqual(['We meet at noon']);

    // The dialog is a script of its own, and the way back to the list an address.
    await ben.page.getByRole('button', { name: 'Search this tablo' }).click();
    await ben.page.getByRole('searchbox', { name: 'Search messages' }).fill('noon');
    await ben.page.getByRole('dialog').getByRole('link').first().waitFor();
    await ben.page.keyboard.press('Escape');

    await ben.waitForServiceWorker();
    expect(await ben.page.evaluate(async () => (await navigator.serviceWorker.ready).scope)).toBe(
      `${proxy.url}${path}/`,
    );
    await ben.goOffline();
    await ben.page.reload();
    await eventually(() => ben.texts()).toEqual(['We meet at noon']);
    await ben.say('I will be there');
    await eventually(() => ben.statusOf('I will be there')).toEqual(['pending']);
    await ben.page.goto(`${proxy.url}${path}/`);
    await ben.open('Plans');
    await eventually(() => ben.texts()).toEqual(['We meet at noon', 'I will be there']);
    expect(
      await ben.page
        .locator('img')
        .evaluateAll((all) => all.every((image) => (image as HTMLImageElement).naturalWidth > 0)),
    ).toBe(true);
    await ben.openSettings();
    await ben.closeDialog();
    await ben.goOnline();
    await eventually(() => ann.texts()).toEqual(['We meet at noon', 'I will be there']);

    // With the worker in between, what is the server's is answered by the server, and the others' by them.
    const titles = [];
    for (const address of [`${path}/docs`, '/', '/t/x']) {
      await ben.page.goto(proxy.url + address).catch(() => undefined);
      titles.push(await ben.page.title());
    }
    expect(titles).toEqual(['Tablo Chat REST', 'Another application', 'Another application']);
    expect(await (await fetch(`${proxy.url}${path}/openapi.json`)).json()).toMatchObject({
      servers: [{ url: `${proxy.url}${path}` }],
    });
    stage.expectMissing();

    await ben.page.goto(`${proxy.url}${path}/`);
    await ben.signOut();
    await ben.signIn();
    await ben.open('Plans');
    await eventually(() => ben.texts()).toEqual(['We meet at noon', 'I will be there']);
  });
});

it('[R8] a server below a path keeps two servers of one origin apart: who is signed in, what is stored, and what is not sent yet', async () => {
  const context = await stage.newContext();
  const ann = await signUp(OFF, 'Ann', Promise.resolve(context));
  const eve = await signUp(ON, 'Eve', Promise.resolve(context));
  await ann.createTablo('Ours');
  await eve.createTablo('Theirs');
  for (const person of [ann, eve]) {
    await person.page.reload();
    await person.composer.waitFor();
  }
  expect(await ann.tablos.getByRole('link').allTextContents()).toEqual([expect.stringContaining('Ours')]);
  expect(await eve.tablos.getByRole('link').allTextContents()).toEqual([expect.stringContaining('Theirs')]);
  const cookies = (await context.cookies()).map(({ name, path }) => `${name} ${path}`).sort();
  expect(cookies).toEqual([`tablo.chat.session_token ${ON}`, `tablo.team.talk.v2.session_token ${OFF}`]);
  const names = await ann.page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name ?? ''));
  expect(names.filter((name) => !name.endsWith(OFF) && !name.endsWith(ON))).toEqual([]);
  await ann.signOut();
  await eve.page.reload();
  await eve.composer.waitFor();
});

it('a server below a path is opened past the proxy too, by the server’s own address, and without the slash at the end', async () => {
  expect(await (await fetch(`${other.url}/chat`, { redirect: 'manual' })).headers.get('location')).toBe('/chat/');
  const ann = await Person.atNewTab(await stage.newContext(), other.url, newAccount('Ann'));
  await ann.page.goto(`${other.url}/invite/abc`);
  await ann.page.getByRole('button', { name: 'Create account', exact: true }).waitFor();
  expect(pathOf(ann)).toBe('/chat/invite/abc');
});

it('a server below a path says on the page, and in one line of the log, which setting is missing', async () => {
  stage.expectMissing();
  // Pages of the tests before are open still, and ask for their parts where REST answers now.
  stage.expectUnauthenticated();
  await Promise.all([other, stage.server].map((server) => server.restart({ PUBLIC_URL: proxy.url })));
  const ann = await Person.atNewTab(await stage.newContext(), proxy.url, newAccount('Ann'));
  const linesOf = (server: RunningServer, path: string) =>
    server
      .output()
      .split('\n')
      .filter((line) => line.includes('PUBLIC_URL') && line.includes(path));
  // What has been taken off only the proxy can say, and some do.
  for (const [path, server] of [
    [ON, other],
    [OFF, stage.server],
  ] as const) {
    proxy.says = path === OFF ? { 'x-forwarded-prefix': OFF } : {};
    await ann.page.goto(`${proxy.url}${path}/`);
    await ann.page.getByText('whoever runs the server sets PUBLIC_URL').waitFor();
    await ann.page.reload();
    expect(linesOf(server, path)).toHaveLength(1);
  }
});
