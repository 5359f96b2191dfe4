/** The process: settings, database, server, signals. */
import { constants } from 'node:os';
import { isDatabaseAway } from './base/database-away.ts';
import { describeListenFault } from './base/listen-fault.ts';
import { createLog, type Log } from './base/log.ts';
import { publicPathOf } from './base/public-path.ts';
import { quietConsole } from './base/quiet-console.ts';
import { createRateLimitedLog } from './base/rate-limited-log.ts';
import { meaningOf, READ_ONLY_TRANSACTION } from './base/sqlstates.ts';
import { canStart, check, describeCheck } from './check/check.ts';
import { type Config, helpText, parseConfig, wantsCheck, wantsHelp } from './config/config.ts';
import { openEmbeddedPostgres } from './db/embedded/embedded-postgres.ts';
import { migrate } from './db/migrate.ts';
import { assertOwnConnections } from './db/pooler.ts';
import { assertWritable, describeDatabaseFault, settleDatabaseUrl } from './db/reach-database.ts';
import { fillTakenOver } from './ledger/store/pg-taken-over.ts';
import { openServer, type Server } from './server.ts';

const RETRY_MS = 1_000;
/** A container is killed after 10 seconds by default, before it can exit with success. */
const STOP_DEADLINE_MS = 9_500;
/** One Ctrl-C may arrive twice: from the terminal, and passed on by npm. */
const SAME_SIGNAL_MS = 500;

async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  if (wantsHelp(argv)) {
    process.stdout.write(helpText());
    return;
  }
  const config = parseConfig(process.env, argv);
  if (!config.ok) return fail(config.error);
  if (wantsCheck(argv)) {
    const found = await check(config.value);
    process.stdout.write(describeCheck(found));
    process.exitCode = canStart(found) ? 0 : 1;
    return;
  }
  const { logLevel, logFormat } = config.value;
  const log = createRateLimitedLog(createLog({ level: logLevel, format: logFormat }));
  silenceConsole(log);
  await run(config.value, log);
}

async function run(config: Config, log: Log): Promise<void> {
  const closers: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= closeAll(closers, log);
    return stopping;
  };
  listenForSignals(stop, log);
  // Whoever read our lines has gone (a closed pipe). To log that would fail in the same way, and be logged again, for ever.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  quietConsole(log);
  // An uncaught error is a bug of ours. The request that caused it may be lost, but other connections go on.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'A promise failed that nobody waited for.'));
  process.on('uncaughtException', (error) => log.error({ err: error }, 'An error was caught by nobody.'));
  try {
    const server = await openServer({
      config,
      log,
      openDatabase: (wait) => openDatabase(config, log, { closers, wait, isStopping: () => stopping !== null }),
    });
    closers.push(() => server.close());
    announce(server, config);
  } catch (error) {
    if (stopping !== null) return;
    await stop();
    fail(`Tablo Chat cannot start: ${describe(error, config)}`);
  }
}

async function closeAll(closers: (() => Promise<void>)[], log: Log): Promise<void> {
  for (const close of closers.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      // The other parts are closed nevertheless.
      log.error({ err: error }, 'A part could not be closed.');
    }
  }
}

/** Libraries write there what clients made them write: as often as a client likes, and with content of the client. It is enough to log that there was output. */
function silenceConsole(log: Log): void {
  for (const method of ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const) {
    console[method] = (...said: readonly unknown[]) => {
      const error = said.find((one) => one instanceof Error);
      log.debug(error === undefined ? { method } : { method, err: error }, 'A library wrote to the console.');
    };
  }
}

/** The first signal stops cleanly, within the deadline; a second one ends the process at once. */
function listenForSignals(stop: () => Promise<void>, log: Log): void {
  let stoppingSince: number | null = null;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stoppingSince !== null) {
        if (performance.now() - stoppingSince < SAME_SIGNAL_MS) return;
        log.warn('Stopped at once. All that was acknowledged is stored.');
        process.exit(128 + constants.signals[signal]);
      }
      stoppingSince = performance.now();
      log.info('Stopping.');
      setTimeout(() => {
        log.warn('Stopping took too long and was given up. All that was acknowledged is stored.');
        process.exit(0);
      }, STOP_DEADLINE_MS).unref();
      void stop().then(() => process.exit(0));
    });
  }
}

interface Opening {
  readonly closers: (() => Promise<void>)[];
  /** What `/readyz` says meanwhile. */
  readonly wait: (reason: string) => void;
  readonly isStopping: () => boolean;
}

const UNREACHED = 'The database cannot be reached; trying again.';
/** A standby, or `default_transaction_read_only` on the role or database. */
const READ_ONLY = 'The database takes no changes (read-only); trying again.';

async function openDatabase(
  config: Config,
  log: Log,
  { closers, wait, isStopping }: Opening,
): Promise<{ url: string }> {
  if (config.databaseUrl === null) {
    const opening = openEmbeddedPostgres({ dataDir: config.dataDir, log });
    // Also when we are stopped meanwhile: what is starting must not outlive us.
    closers.push(async () => (await opening).close());
    const postgres = await opening;
    await migrate(postgres.url, log, { fillDocuments: fillTakenOver });
    return { url: postgres.url };
  }
  for (;;) {
    try {
      const url = await settleDatabaseUrl(config.databaseUrl);
      await assertOwnConnections(url, assertWritable);
      await migrate(url, log, { fillDocuments: fillTakenOver });
      return { url };
    } catch (error) {
      if (isStopping() || describeDatabaseFault(error) !== null || !isDatabaseAway(error)) throw error;
      // A wrong name or password is reported to the operator at the start: it does not mend itself.
      if (meaningOf(error) === 'access') throw error;
      const reason = (error as { code?: unknown }).code === READ_ONLY_TRANSACTION ? READ_ONLY : UNREACHED;
      log.warn({ err: error }, reason);
      wait(reason);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** As people open it: below a path with the slash that it is redirected to. */
const addressOf = ({ publicUrl }: Config): string | null =>
  publicPathOf(publicUrl) === '' ? publicUrl : `${publicUrl}/`;

function announce({ url }: Server, config: Config): void {
  process.stdout.write(`\n  Tablo Chat is running at ${addressOf(config) ?? url}\n\n`);
}

function describe(error: unknown, config: Config): string {
  const listening = describeListenFault(error, config);
  if (listening !== null) return listening;
  return describeDatabaseFault(error) ?? (error instanceof Error ? error.message : String(error));
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}

await main();
