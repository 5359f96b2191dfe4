// The kill harness on a server that may have a bug: a few kills while people write, then another device of somebody's sends again what is durable already.
import { openDatabase } from '../src/database.ts';
import { runKills } from '../soak/kill-run.ts';
import { type Stage, until, type Verdict } from '../soak/stage.ts';

/** One of each moment. */
const KILLS = 4;
const REPEATED = 3;

/** The kinds of faults, and `drift` where the audit has found any. */
export async function runKillsOn(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const database = await openDatabase();
  const verdicts: Verdict[] = [];
  const report = await runKills({ url: database.url, kills: KILLS, seed: 1, env }, async (stage) => {
    await sendAgain(stage);
    verdicts.push(await stage.judge());
  });
  await database.close();
  verdicts.push(report);
  const kinds = verdicts.flatMap(({ faults, drifts }) => [
    ...faults.map(({ fault }) => fault),
    ...(drifts.length > 0 ? ['drift'] : []),
  ]);
  return [...new Set(kinds)].sort();
}

async function sendAgain(stage: Stage): Promise<void> {
  const [writer] = stage.writers;
  if (writer === undefined) throw new Error('Nobody has written.');
  const { tabloId, userId } = writer.seat;
  const own = [...stage.book.written.values()].flatMap(({ entry, device }) =>
    device === writer.device && entry.kind === 'message' ? [entry] : [],
  );
  const twin = stage.seat(tabloId, userId);
  twin.connect();
  await until('the other device has joined', () => twin.isJoined);
  twin.send(own.slice(0, REPEATED));
  await stage.drained();
}
