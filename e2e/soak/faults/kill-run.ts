/** Kills the server again and again while people write, and has everything judged at the end. */
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '@tablo/schema/testing/random';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { Stage, type StageOptions, type Verdict } from '../stage.ts';

/** When the server dies. */
export const MOMENTS = ['anytime', 'right after a send', 'in the middle of a commit', 'while clients rejoin'] as const;
export type Moment = (typeof MOMENTS)[number];

export interface KillRunOptions extends StageOptions {
  readonly kills: number;
  readonly seed: number;
  readonly onKill?: (nth: number) => void;
}

export interface KillReport extends Verdict {
  readonly kills: Readonly<Record<Moment, number>>;
  /** Kills during which a COMMIT was seen under way. */
  readonly inCommit: number;
  /** Messages that had become durable though their acknowledgement was lost. */
  readonly repeated: number;
  readonly epochs: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly seconds: number;
}

const ANYTIME_MS = 300;
const REJOIN_MS = 40;
const COMMIT_WITHIN_MS = 1_000;

/** `openStage` is given the stage while it can still be tampered with. */
export async function runKills(
  options: KillRunOptions,
  inspect?: (stage: Stage) => Promise<void>,
): Promise<KillReport> {
  const startedAt = performance.now();
  const random = new Random(options.seed);
  const stage = await Stage.open(options);
  try {
    await slowSomeCommits(stage);
    stage.connect();
    await stage.allJoined();
    stage.startWriting(random);
    const kills: Record<Moment, number> = Object.fromEntries(MOMENTS.map((moment) => [moment, 0])) as never;
    let inCommit = 0;
    for (let nth = 0; nth < options.kills; nth += 1) {
      const moment = MOMENTS[nth % MOMENTS.length] ?? 'anytime';
      if (await meet(moment, stage, random)) inCommit += 1;
      await stage.server.kill();
      kills[moment] += 1;
      options.onKill?.(nth + 1);
      await stage.server.restart();
    }
    await stage.drained();
    const verdict = await stage.judge();
    await inspect?.(stage);
    const epochs = verdict.record.reduce((sum, { epoch }) => sum + epoch, 0);
    const seconds = (performance.now() - startedAt) / 1_000;
    const { refusals, repeated } = stage.book;
    return { ...verdict, kills, inCommit, repeated, epochs, refusals, seconds };
  } catch (error) {
    throw new Error(`Seed ${options.seed}: ${(error as Error).message}\n${stage.server.output()}`, { cause: error });
  } finally {
    await stage.close();
  }
}

/** Whether a commit was under way, as far as that was looked at. */
export async function meet(moment: Moment, stage: Stage, random: Random): Promise<boolean> {
  if (moment !== 'while clients rejoin') await stage.allJoined();
  switch (moment) {
    case 'anytime':
      await delay(random.below(ANYTIME_MS));
      return false;
    case 'while clients rejoin':
      await delay(random.below(REJOIN_MS));
      return false;
    case 'right after a send':
      for (const writer of stage.writers) writer.write(random);
      // The bytes leave this process, and perhaps reach the other one.
      await new Promise((resolve) => setImmediate(resolve));
      return false;
    case 'in the middle of a commit':
      // The transaction's own wait (below) is long enough for it to be seen from outside.
      return await untilTrue('a commit is under way', () => isCommitting(stage), COMMIT_WITHIN_MS).then(
        () => true,
        () => false,
      );
  }
}

async function isCommitting(stage: Stage): Promise<boolean> {
  const { rowCount } = await stage.pool.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'tablo-chat' AND state = 'active' AND query LIKE '%COMMIT'`,
  );
  return (rowCount ?? 0) > 0;
}

/** Now and then a commit takes its time, with everything written and nothing durable yet. */
export async function slowSomeCommits({ pool }: Pick<Stage, 'pool'>): Promise<void> {
  await pool.query(`CREATE FUNCTION soak_wait() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF random() < 0.05 THEN PERFORM pg_sleep(0.03); END IF; RETURN NULL; END $$`);
  await pool.query(`CREATE CONSTRAINT TRIGGER soak_wait AFTER INSERT ON tablo_updates DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION soak_wait()`);
}
