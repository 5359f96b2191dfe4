// The kill harness on a server that may have a bug: it is killed while people write, then another device of somebody's sends again what is durable already.
import { Random } from '@tablo/schema/testing/random';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { Stage } from '../soak/stage.ts';
import { openDatabase } from '../support/database.ts';

/** Enough that late ones and updates of several entries are among them. */
const WRITTEN_BETWEEN = 300;
const REPEATED = 3;

export interface KillsOptions {
  /** Of the server. */
  readonly env: Readonly<Record<string, string>>;
  readonly kills: number;
  /** A bug may stop everything: what there is after this long is judged. */
  readonly patienceMs: number;
}

/** The kinds of faults; `drift` where the audit has found any, `stuck` where not everything was acknowledged. */
export async function runKillsOn({ env, kills, patienceMs }: KillsOptions): Promise<readonly string[]> {
  const database = await openDatabase();
  const stage = await Stage.open({ url: database.url, env });
  const comes = (isTrue: () => boolean): Promise<boolean> =>
    untilTrue('it comes', isTrue, patienceMs).then(
      () => true,
      () => false,
    );
  const isDrained = (): boolean => stage.members.every(({ unacknowledged }) => unacknowledged === 0);
  try {
    stage.connect();
    await stage.allJoined();
    stage.startWriting(new Random(1));
    for (let nth = 0; nth <= kills; nth += 1) {
      if (nth > 0) {
        await stage.server.kill();
        await stage.server.restart();
        await comes(() => stage.members.every(({ isJoined }) => isJoined));
      }
      const enough = stage.book.written.size + WRITTEN_BETWEEN;
      await comes(() => stage.book.written.size >= enough);
    }
    stage.stopWriting();
    const wasDrained = await comes(isDrained);
    await sendAgain(stage);
    const isStuck = !(await comes(isDrained)) || !wasDrained;
    const { faults, drifts } = await stage.judge();
    const kinds = [...faults.map(({ fault }) => fault), ...(drifts.length > 0 ? ['drift'] : [])];
    return [...new Set([...kinds, ...(isStuck ? ['stuck'] : [])])];
  } finally {
    await stage.close();
    await database.close();
  }
}

/** As a device does that never heard the acknowledgement. */
async function sendAgain(stage: Stage): Promise<void> {
  const { book, writers } = stage;
  const [writer] = writers;
  if (writer === undefined) throw new Error('Nobody writes here.');
  const own = [...book.written.values()].flatMap(({ entry, device }) =>
    device === writer.device && entry.kind === 'message' && book.acknowledged.has(entry.id) ? [entry] : [],
  );
  const twin = stage.seat(writer.seat.tabloId, writer.seat.userId);
  twin.connect();
  await untilTrue('the other device has joined', () => twin.isJoined);
  twin.send(own.slice(0, REPEATED));
}
