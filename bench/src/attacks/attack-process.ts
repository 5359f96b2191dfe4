/**
 * The process of one attack: prepares, waits for the word, goes on for so many seconds, says what it got, and ends. Apart from the honest people, so that what
 * they measure is the server and not the attacker; and with a low priority, since a real attacker's processor is not the server's.
 */
import { setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { AttackPlan, FromAttack, ToAttack } from './attack-plan.ts';
import { ATTACKERS_ADDRESS, type Field, type Strike } from './attacker/attack.ts';
import { openCaller } from './attacker/caller.ts';
import { Tally } from './attacker/tally.ts';
import { ALL_ATTACKS } from './kinds/all-attacks.ts';

const LOW_PRIORITY = 15;
/** After the signal: what an attack is in the middle of ends with its sockets. */
const END_DEADLINE_MS = 3_000;

setPriority(LOW_PRIORITY);
const tally = new Tally();
const ends: (() => Promise<void> | void)[] = [];
let strike: Strike = async () => {};

// What an attack runs into must not end it before its time.
let failure: string | null = null;
process.on('unhandledRejection', (error) => {
  failure = String(error);
});
process.on('disconnect', () => process.exit(1));

process.on('message', (told: ToAttack) => void (told.type === 'prepare' ? prepare(told.plan) : go(told.seconds)));

async function prepare({ name, http, sync, databaseUrl, honestTablo }: AttackPlan): Promise<void> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  pool.on('error', () => {}); // The server of the database may be stopped before we are.
  const caller = openCaller(http, ATTACKERS_ADDRESS, tally);
  ends.push(() => pool.end());
  const atEnd: Field['atEnd'] = (undo) => void ends.push(undo);
  const attack = ALL_ATTACKS.find((one) => one.name === name);
  if (attack === undefined) throw new Error(`There is no attack '${name}'.`);
  try {
    strike = await attack.prepare({ http, sync, honestTablo, pool, tally, atEnd, call: caller.call });
  } catch (error) {
    failure = `not prepared: ${String(error)}`;
  }
  ends.push(() => caller.close());
  answer({ type: 'prepared' });
}

async function go(seconds: number): Promise<void> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), seconds * 1_000);
  const striking = strike(over.signal).catch((error: unknown) => {
    failure = String(error);
  });
  await Promise.race([striking, delay(seconds * 1_000 + END_DEADLINE_MS)]);
  // An attack that has nothing more to do has lasted as long as the others.
  if (!over.signal.aborted) await new Promise((resolve) => over.signal.addEventListener('abort', resolve));
  clearTimeout(timer);
  const gains = tally.read(failure);
  for (const end of ends.reverse())
    await Promise.race([Promise.resolve(end()).catch(() => {}), delay(END_DEADLINE_MS)]);
  answer({ type: 'done', gains }, () => process.exit(0));
}

function answer(what: FromAttack, then?: () => void): void {
  process.send?.(what, () => then?.());
}
