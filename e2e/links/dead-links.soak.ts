/** `npm run bench:links -- --tries 10`: how long a link that died without a word goes unnoticed by either end, and how soon the client is back. Prints JSON, ms. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Random } from '@tablo/schema/testing/random';
import { openEmbeddedPostgres } from '@tablo/sync-server/db/embedded/embedded-postgres';
import { migrate } from '@tablo/sync-server/db/migrate';
import { type LinkStage, openLinkStage } from './link-stage.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };
/** Longer than any interval between questions, so that links die in every phase. */
const PHASE_MS = 4_000;
const GIVE_UP_MS = 30_000;

interface Try {
  readonly client: number;
  readonly server: number;
  /** From the client's notice to *Online* again. */
  readonly back: number;
}

async function measure(stage: LinkStage, phaseMs: number): Promise<Try> {
  const user = stage.addUser();
  const tablo = await stage.addTablo(user);
  const link = await stage.openLink();
  const chat = await stage.openClient(user, link.url);
  const isOnline = (): boolean => chat.connection.get().status === 'online';
  chat.openRoom(tablo);
  await instantOf(isOnline);
  await delay(phaseMs);
  const frozenAt = performance.now();
  link.freeze();
  const lostAt = await instantOf(() => !isOnline());
  const backAt = await instantOf(isOnline);
  await instantOf(() => link.serverEnds.length > 0);
  await chat.close();
  const serverAt = link.serverEnds[0] ?? Number.NaN;
  return { client: lostAt - frozenAt, server: serverAt - frozenAt, back: backAt - lostAt };
}

async function instantOf(holds: () => boolean): Promise<number> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > GIVE_UP_MS) throw new Error(`Not within ${GIVE_UP_MS} ms.`);
    await delay(5);
  }
  return performance.now();
}

function summarise(values: readonly number[]): { readonly p50: number; readonly max: number } {
  const sorted = [...values].sort((left, right) => left - right).map(Math.round);
  return { p50: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

const { values } = parseArgs({
  options: { tries: { type: 'string', default: '10' }, seed: { type: 'string', default: '1' } },
});
const random = new Random(Number(values.seed));
const dataDir = await mkdtemp(join(tmpdir(), 'tablo-links-'));
const postgres = await openEmbeddedPostgres({ dataDir, log: silent });
try {
  await migrate(postgres.url, silent);
  const stage = await openLinkStage(postgres.url);
  try {
    const phases = Array.from({ length: Number(values.tries) }, () => random.below(PHASE_MS));
    const tries = await Promise.all(phases.map((phaseMs) => measure(stage, phaseMs)));
    const figures = {
      tries: tries.length,
      clientNotices: summarise(tries.map(({ client }) => client)),
      serverNotices: summarise(tries.map(({ server }) => server)),
      backOnline: summarise(tries.map(({ back }) => back)),
    };
    process.stdout.write(`${JSON.stringify(figures)}\n`);
  } finally {
    await stage.close();
  }
} finally {
  await postgres.close();
  await rm(dataDir, { recursive: true, force: true });
}
