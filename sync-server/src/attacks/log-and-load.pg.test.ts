/** What enters is not only what admission looked at, but the bytes that are applied and logged: Yjs reads them by other rules. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SYNC_STEP_2, UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { TestServer } from '../sync/test-server.ts';
import { syncFrame } from '../testing/frames.ts';
import { until } from '../testing/wait.ts';
import { holdTablo } from './hold.ts';
import { alice, bob, eve, openStageServer, Stage, say } from './stage.ts';
import { append, update, values } from './updates.ts';

let server: TestServer;
let stage: Stage;

beforeAll(async () => {
  server = await openStageServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  stage = await Stage.open(server);
});
afterEach(() => stage.close());

/** The live document's server-side remains: nothing may ever wait in it. */
async function assertNothingWaits(): Promise<void> {
  const reader = await stage.join(bob);
  expect([reader.doc.store.pendingStructs, reader.doc.store.pendingDs]).toEqual([null, null]);
}

const settled = (client: { heard: { statuses: readonly boolean[] } }, count: number) =>
  until(() => expect(client.heard.statuses.length).toBe(count));

describe('bytes that admission and Yjs read differently', () => {
  it('[R2] a clientID named in two sections does not leave a hole in the document', async () => {
    const attacker = await stage.join();
    const [a, b] = [say(eve, 'first section'), say(eve, 'second section')];
    attacker.send(
      syncFrame(
        stage.name,
        UPDATE,
        update([
          { client: 700, structs: [values([a])] },
          { client: 700, clock: 1, structs: [values([b])] },
        ]),
      ),
    );
    await settled(attacker, 1);
    await assertNothingWaits();
    const reader = await stage.join(bob);
    const texts = reader.doc.getArray<{ text?: string }>('messages').map(({ text }) => text);
    expect(texts.filter((text) => text?.endsWith('section')).length).toBe(await stage.countRows());
    await stage.assertUnharmed();
  });

  it("[R1] sections in an order that Yjs never writes do not make a colleague's messages vanish at the next load", async () => {
    const attacker = await stage.join();
    const [low, high] = [1, 0xffff_ffff];
    attacker.send(syncFrame(stage.name, UPDATE, append(high, [say(eve, 'an anchor')])));
    await settled(attacker, 1);
    await stage.assertUnharmed(); // Alice appends after the anchor.
    const crafted = update([
      { client: low, structs: [values([say(eve, 'low')])] },
      { client: high, clock: 1, structs: [values([say(eve, 'high')], { origin: [high, 0] })] },
    ]);
    attacker.send(syncFrame(stage.name, UPDATE, crafted));
    await settled(attacker, 2);
    await reload();
    await stage.assertDocument();
    await stage.assertUnharmed();
  });

  it('[R2] known entries sent again after an element that does not exist change nothing for who joins next', async () => {
    const attacker = await stage.join();
    const [x, p] = [0xffff_fff0, 0xffff_fff1];
    const [anchor, neighbour] = [say(eve, 'an anchor'), say(eve, 'its neighbour')];
    attacker.send(syncFrame(stage.name, UPDATE, append(x, [anchor])));
    await settled(attacker, 1);
    await stage.assertUnharmed(); // Alice appends after the anchor.
    attacker.send(syncFrame(stage.name, UPDATE, append(p, [neighbour])));
    await settled(attacker, 2);
    const nowhere = { origin: [999, 999_999] } as const;
    const again = update([
      { client: p, structs: [values([neighbour], nowhere)] },
      { client: x, structs: [values([anchor], nowhere)] },
    ]);
    attacker.send(syncFrame(stage.name, UPDATE, again));
    await settled(attacker, 3);
    await stage.assertDocument();
    await stage.assertUnharmed();
  });

  it('[R1] known entries sent again with another origin do not replace the admitted ones at the next load', async () => {
    const attacker = await stage.join();
    const entry = say(eve, 'an anchor');
    attacker.send(syncFrame(stage.name, UPDATE, append(0xffff_fff0, [entry])));
    await settled(attacker, 1);
    await stage.assertUnharmed();
    const crafted = update([
      { client: 0xffff_fff1, structs: [values([say(eve, 'first in the merge')])] },
      { client: 0xffff_fff0, structs: [values([entry], { origin: [999, 999_999] })] },
    ]);
    attacker.send(syncFrame(stage.name, UPDATE, crafted));
    await settled(attacker, 2);
    await reload();
    await stage.assertDocument();
    await stage.assertUnharmed();
  });

  it('[R3] a forged entry in place of one of the same batch does not come to life at the next load', async () => {
    const [one, two] = [await stage.join(), await stage.join()];
    const forged = say(alice, 'I owe Eve money');
    // Two sockets, one turn: both are decided in one batch, the second against a draft of the first.
    const first = append(702, [say(eve, 'mine')]);
    const second = update([
      { client: 703, structs: [values([say(eve, 'first in the merge')])] },
      { client: 702, structs: [values([forged]), values([say(eve, 'next')], { origin: [702, 0] })] },
    ]);
    await holdTablo(server, stage.tablo, async (untilCommitWaits) => {
      // Something must be under way, so that both wait for the next batch.
      const third = await stage.join();
      third.send(syncFrame(stage.name, UPDATE, append(704, [say(eve, 'in flight')])));
      await untilCommitWaits();
      one.send(syncFrame(stage.name, UPDATE, first));
      await until(() => expect(server.sync.ledger.queued).toBe(2));
      two.send(syncFrame(stage.name, UPDATE, second));
      await until(() => expect(server.sync.ledger.queued).toBe(3));
    });
    await settled(one, 1);
    await settled(two, 1);
    await stage.assertDocument();
    await reload();
    await stage.assertDocument();
    await stage.assertUnharmed();
  });

  it('[R1] of two devices with one clientID in one batch, none is acknowledged and dropped', async () => {
    const [one, two] = [await stage.join(), await stage.join()];
    await holdTablo(server, stage.tablo, async (untilCommitWaits) => {
      const third = await stage.join();
      third.send(syncFrame(stage.name, UPDATE, append(705, [say(eve, 'in flight')])));
      await untilCommitWaits();
      one.send(syncFrame(stage.name, UPDATE, append(706, [say(eve, 'from one device')])));
      await until(() => expect(server.sync.ledger.queued).toBe(2));
      two.send(syncFrame(stage.name, UPDATE, append(706, [say(eve, 'from the other')])));
      await until(() => expect(server.sync.ledger.queued).toBe(3));
    });
    await settled(one, 1);
    await settled(two, 1);
    const acknowledged = [...one.heard.statuses, ...two.heard.statuses].filter(Boolean).length;
    expect(await stage.countRows()).toBe(1 + acknowledged);
    await stage.assertUnharmed();
  });

  it("[R1] clientID 0 in somebody's hands does not turn a colleague's refusal into an acknowledgement", async () => {
    const attacker = await stage.join();
    attacker.send(syncFrame(stage.name, UPDATE, append(0, [say(eve, 'nobody ever has clientID 0')])));
    await settled(attacker, 1);
    const honest = await stage.join(bob);
    const wrong = append(707, [{ ...say(bob, 'of a newer kind'), colour: 'red' }]);
    honest.send(syncFrame(stage.name, SYNC_STEP_2, wrong));
    await until(() => expect(honest.refusals).toEqual(['invalid-update']));
    await settled(honest, 1);
    expect(honest.heard.statuses).toEqual([false]);
    expect(honest.heard.closes).toEqual([]);
    await stage.assertUnharmed();
  });

  it('[R1] an entry that was refused is not acknowledged when it comes again, though the document has its clock by then', async () => {
    const client = await stage.join();
    const before = await stage.countRows();
    const update = append(708, [say(eve, 'good'), { ...say(eve, 'of a newer kind'), colour: 'red' }]);
    client.send(syncFrame(stage.name, UPDATE, update));
    await settled(client, 1);
    client.send(syncFrame(stage.name, SYNC_STEP_2, update), syncFrame(stage.name, UPDATE, update));
    await settled(client, 3);
    expect(client.heard.statuses).toEqual([false, false, false]);
    expect(client.refusals).toEqual(['invalid-update', 'invalid-update', 'invalid-update']);
    expect(await stage.countRows()).toBe(before + 1);
    await stage.assertUnharmed();
  });
});

/** The document leaves memory and comes back from the log alone, as after a crash: an orderly stop would write a snapshot, and read that. */
async function reload(): Promise<void> {
  await server.pool.query('ALTER TABLE tablo_documents ADD CONSTRAINT no_snapshots CHECK (false) NOT VALID');
  try {
    await server.restart();
    await stage.join(bob); // Loaded by now.
  } finally {
    await server.pool.query('ALTER TABLE tablo_documents DROP CONSTRAINT no_snapshots');
  }
}
