// What the browser tests of one file share: the real server with a database of its own, one Chromium, and people in it.
// Every page is watched: a script error, a line of `console.error` or a breach of the content security policy fails the test.
import pg from 'pg';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import { type Chromium, launchChromium } from './browser.ts';
import { type Database, openDatabase } from './database.ts';
import { Person } from './person.ts';
import { type RunningServer, startServer } from './server.ts';

/** Longest wait for something to show: the slowest honest case is a reconnect after its longest back-off. */
export const DEADLINE_MS = 30_000;

/** Asks until it is so. No test sleeps. */
export const eventually = <T>(ask: () => T | Promise<T>, timeout = DEADLINE_MS) =>
  expect.poll(ask, { timeout, interval: 50 });

/** The browser's own words about a server that is away: no fault of the page. */
const NETWORK_IS_AWAY =
  /net::ERR_|WebSocket connection to .* failed|WebSocket is closed before|status of 503|fetching the script/;

export class Stage {
  readonly server: RunningServer;
  readonly database: Database;
  readonly #problems: string[] = [];
  readonly #expected: RegExp[] = [];
  #browser: Chromium;

  constructor(server: RunningServer, database: Database, browser: Chromium) {
    this.server = server;
    this.database = database;
    this.#browser = browser;
    this.watch(browser.context);
  }

  /** The profile's own context: two pages of it are two tabs, and it outlives a killed browser. */
  get profile(): BrowserContext {
    return this.#browser.context;
  }

  /** A new person at a computer of their own; `prepare` sees their page before it opens anything. */
  async newPerson(
    name: string,
    options?: BrowserContextOptions,
    prepare?: (page: Page) => Promise<unknown>,
  ): Promise<Person> {
    const context = await this.#browser.newContext(options);
    this.watch(context);
    return this.#signUp(name, context, prepare);
  }

  /** A new person in the profile's own context. */
  newPersonInProfile(name: string): Promise<Person> {
    return this.#signUp(name, this.profile);
  }

  /** A computer of its own, for whoever is signed in by a host application. */
  async newContext(): Promise<BrowserContext> {
    const context = await this.#browser.newContext();
    this.watch(context);
    return context;
  }

  /** The same person at another computer. */
  async secondDevice(person: Person, options?: BrowserContextOptions): Promise<Person> {
    const context = await this.#browser.newContext(options);
    this.watch(context);
    const device = await Person.atNewTab(context, this.server.url, person);
    await device.signIn();
    return device;
  }

  watch(context: BrowserContext): void {
    context.on('weberror', (error) =>
      this.#problems.push(`pageerror: ${error.error().stack ?? error.error().message}`),
    );
    context.on('console', (message) => {
      if (message.type() === 'error')
        this.#problems.push(`console.error: ${message.text()} (${message.location().url})`);
    });
  }

  /** From now on the server or the network may be away, and the browser may say so. */
  expectOutage(): void {
    this.#expected.push(NETWORK_IS_AWAY);
  }

  /** A server that starts answers 503 before it knows whose pages may read its answers: the browser tells a page of another origin that it may not. */
  expectStartSeenFromElsewhere(): void {
    this.#expected.push(/No 'Access-Control-Allow-Origin' header is present/);
  }

  /** From now on somebody's access ends under an open page, and the browser logs what was asked just then. */
  expectRefusals(): void {
    this.#expected.push(/status of 403/);
  }

  /** From now on somebody asks for what is gone, and the browser logs it. */
  expectMissing(): void {
    this.#expected.push(/status of 404/);
  }

  /** From now on forms are refused, and the browser logs the answers. */
  expectRefusedForms(): void {
    this.#expected.push(/status of (?:400|401|422)/);
  }

  /** From now on somebody's session has ended, and the browser logs what was asked without it. */
  expectUnauthenticated(): void {
    this.#expected.push(/status of 401/);
  }

  /** For `afterEach`. */
  expectNoProblems(): void {
    const problems = this.#problems.splice(0);
    expect(problems.filter((text) => !this.#expected.some((expected) => expected.test(text)))).toEqual([]);
  }

  /** `kill` is a power cut. A new browser has the same profile; everybody else's contexts are gone. */
  async restartBrowser(userDataDir: string, how: 'close' | 'kill'): Promise<void> {
    await this.#browser[how]();
    this.#browser = await launchChromium({ userDataDir });
    this.watch(this.profile);
  }

  async tabloId(name: string): Promise<string> {
    const rows = await this.database.query<{ id: string }>('SELECT id FROM tablos WHERE name = $1', [name]);
    expect(rows).toHaveLength(1);
    return rows[0]?.id ?? '';
  }

  /** The tablo's messages as an administrator reads them, in the contract's order. */
  messages(tablo: string): Promise<MessageRow[]> {
    return this.database.query<MessageRow>(
      `SELECT m.id, m.text, p.name AS author, m.seq::int, m.reply_to, m.deleted_at, m.updated_at,
         round(extract(epoch FROM m.sent_at) * 1000)::float8 AS sent_at,
         round(extract(epoch FROM m.created_at) * 1000)::float8 AS created_at
       FROM messages m JOIN tablos t ON t.id = m.channel_id LEFT JOIN chat_profiles p ON p.user_id = m.user_id
       WHERE t.name = $1 ORDER BY m.created_at, m.id`,
      [tablo],
    );
  }

  async texts(tablo: string): Promise<string[]> {
    return (await this.messages(tablo)).map(({ text }) => text);
  }

  /** Holds the tablo's row, so that nothing can be committed into it; call what it returns to let go. */
  async holdTablo(name: string): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: this.database.url });
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM tablos WHERE name = $1 FOR UPDATE', [name]);
    return async () => {
      await client.query('ROLLBACK');
      await client.end();
    };
  }

  async untilSomebodyWaitsForALock(): Promise<void> {
    await eventually(() =>
      this.database.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' LIMIT 1`,
      ),
    ).toHaveLength(1);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.server.stop();
    await this.database.close();
  }

  async #signUp(name: string, context: BrowserContext, prepare?: (page: Page) => Promise<unknown>): Promise<Person> {
    const email = `${name.toLowerCase().replaceAll(/[^a-z]+/g, '')}.${crypto.randomUUID().slice(0, 8)}@example.org`;
    const person = await Person.atNewTab(context, this.server.url, { name, email });
    await prepare?.(person.page);
    await person.page.goto(this.server.url);
    await person.signUp();
    return person;
  }
}

export interface MessageRow {
  readonly id: string;
  readonly text: string;
  readonly author: string | null;
  readonly seq: number;
  readonly reply_to: string | null;
  readonly deleted_at: Date | null;
  readonly updated_at: Date | null;
  readonly sent_at: number;
  readonly created_at: number;
}

export interface StageOptions {
  readonly userDataDir?: string;
  /** What the server gets for the database's url: the url of a door before it. */
  readonly reach?: (databaseUrl: string) => Promise<string>;
  /** Settings of the server. */
  readonly env?: Readonly<Record<string, string>>;
}

export async function openStage({ userDataDir, reach, env }: StageOptions = {}): Promise<Stage> {
  const database = await openDatabase();
  const databaseUrl = (await reach?.(database.url)) ?? database.url;
  const [server, browser] = await Promise.all([
    startServer({ env: { ...env, DATABASE_URL: databaseUrl } }),
    launchChromium(userDataDir === undefined ? {} : { userDataDir }),
  ]);
  return new Stage(server, database, browser);
}
