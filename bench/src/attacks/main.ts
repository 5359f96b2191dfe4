/** `npm run bench:attacks`: what honest people notice while somebody attacks the server. See bench/README.md for what the figures mean. */
import { writeFile } from 'node:fs/promises';
import { type Database, openDatabase } from '../support/database.ts';
import { type Identity, openServer, type RunningServer } from '../support/servers.ts';
import { ATTACK_HELP, type AttackOptions, readAttackOptions } from './attack-options.ts';
import { formatAttacks, ratioOf } from './attack-report.ts';
import type { Attack } from './attacker/attack.ts';
import { createSeats, signUpPeople } from './honest/honest-seats.ts';
import { ALL_ATTACKS } from './kinds/all-attacks.ts';
import { readRss } from './memory-watch.ts';
import { type AttackResult, runAttack } from './run-attack.ts';

type Closers = (() => Promise<void>)[];

async function main(): Promise<void> {
  const options = readAttackOptions(process.argv.slice(2));
  if (options === 'help') {
    const list = ALL_ATTACKS.map(({ name, what }) => `  ${name.padEnd(22)}${what}`).join('\n');
    return void console.log(`${ATTACK_HELP}\nAttacks:\n${list}`);
  }
  const chosen = ALL_ATTACKS.filter(({ name }) => options.only?.has(name) ?? true);
  const unknown = [...(options.only ?? [])].filter((name) => !ALL_ATTACKS.some((attack) => attack.name === name));
  if (unknown.length > 0) throw new Error(`There is no attack ${unknown.join(', ')}; --help lists them.`);
  const results: AttackResult[] = [];
  // A Ctrl-C ends this program's children with it, and nothing else is left behind but a directory.
  for (const identity of ['secret', 'built-in'] as const) {
    const attacks = chosen.filter((attack) => attack.identity === identity);
    if (attacks.length > 0) results.push(...(await runAll(attacks, identity, options)));
  }
  console.log(`\n${formatAttacks(results)}\n`);
  if (options.json !== null) {
    const plain = results.map((result) => ({ ...result, ratio: ratioOf(result) }));
    await writeFile(options.json, `${JSON.stringify(plain, null, 2)}\n`);
  }
}

/** On one server and one database of their own: whatever an attack leaves behind is there for the next one, as in life. */
async function runAll(attacks: readonly Attack[], identity: Identity, options: AttackOptions): Promise<AttackResult[]> {
  const closers: Closers = [];
  const results: AttackResult[] = [];
  try {
    say(`Starting PostgreSQL and a server (${identity === 'secret' ? 'external issuer' : 'built-in identity'})`);
    const database = await openDatabase();
    closers.push(() => database.close());
    let server = await start(database, identity, options, closers);
    const accounts = identity === 'built-in' ? await signUpPeople(server) : null;
    for (const { name, what } of attacks) {
      if (readRss(server.pid) === null) {
        say('The server has ended; starting another one');
        server = await start(database, identity, options, closers);
      }
      say(`${name}: ${what}`);
      try {
        const seats = await createSeats(server, database, accounts);
        const { seconds, calmSeconds } = options;
        const result = await runAttack({ name, server, databaseUrl: database.url, seats, seconds, calmSeconds });
        results.push(result);
        const [calm, during] = [result.calm.seen.p99, result.attacked.seen.p99];
        console.error(`  p99 ${calm.toFixed(1)} → ${during.toFixed(1)} ms, ${ratioOf(result).toFixed(1)} times`);
      } catch (error) {
        // One attack that cannot be run must not cost the others' figures.
        console.error(`  could not be measured: ${error instanceof Error ? error.message : String(error)}`);
        process.exitCode = 1;
      }
    }
  } finally {
    for (const close of closers.reverse()) await close();
  }
  return results;
}

async function start(
  database: Database,
  identity: Identity,
  { profileDir }: AttackOptions,
  closers: Closers,
): Promise<RunningServer> {
  const server = await openServer('ours', { databaseUrl: database.url, profileDir, epochMaxEntries: null, identity });
  closers.push(() => server.close());
  return server;
}

function say(sentence: string): void {
  console.error(`${sentence} …`);
}

await main();
