/**
 * The restore drill with a real `pg_dump`: of the running system while people write, restored by the steps of docs/OPERATIONS.md into an empty server.
 * People's devices (real clients on lossy links) were ahead of it.
 */
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { expect, it } from 'vitest';
import { Drill, idOf, shown, tabOf } from './drill.ts';
import { findPostgresPrograms } from './postgres-programs.ts';

const programs = await findPostgresPrograms();
if (typeof programs === 'string')
  console.log(
    `The drill with pg_dump is left out: ${programs}. restore.pg.test.ts drills with a copy of the database.`,
  );
const drill = it.skipIf(typeof programs === 'string');
const open = (options: { epochMaxEntries?: number; seed?: number } = {}): Promise<Drill> => {
  if (typeof programs === 'string') throw new Error(programs);
  return Drill.open(programs, options);
};

const TIMEOUT_MS = 240_000;

drill(
  '[R4] [R8] [R10] a dump taken while people write, restored: devices that were ahead bring everything back, once, and count as SQL counts',
  async () => {
    const system = await open();
    try {
      await system.addTablo(3);
      const [ann, ben, cat] = [await system.addDevice(0), await system.addDevice(1), await system.addDevice(2)];
      const tabs = { ann: tabOf(ann), ben: tabOf(ben), cat: tabOf(cat) };
      system.startTalking();
      await untilTrue('people write', async () => (await system.countStored()) > 60);
      await system.dump();
      const atDump = await system.countStored();
      await untilTrue('they are ahead of the dump', async () => (await system.countStored()) > atDump + 60);
      system.stopTalking();
      await system.allSent();
      // Everybody has all of it, reads it, and does what one does with messages.
      await tabs.ann.room.send('the plan');
      await untilTrue('ben has the plan', () => shown(ben, 'the plan') !== null);
      await tabs.ben.room.react(idOf(ben, 'the plan'), '👍', true);
      await tabs.ann.room.edit(idOf(ann, 'the plan'), 'the better plan');
      await tabs.ben.room.send('lunch?');
      await untilTrue('cat has the question', () => shown(cat, 'lunch?') !== null);
      await tabs.cat.room.react(idOf(cat, 'lunch?'), '🍕', true);
      await tabs.cat.room.send('not for long');
      await untilTrue('it is sent', () => shown(cat, 'not for long')?.delivery.status === 'sent');
      await tabs.cat.room.remove(idOf(cat, 'not for long'));
      await system.allSent();
      expect(await system.converged()).toEqual([]);
      for (const tab of [tabs.ann, tabs.ben]) tab.room.markRead();
      await untilTrue('what was read is known', async () => {
        const { readSeq, lastSeq } = await system.snapshot();
        return readSeq.get(ann.options.user) === lastSeq && readSeq.get(ben.options.user) === lastSeq;
      });
      // Ben goes on a train, writes there, and has something half written.
      ben.goOffline();
      await tabs.ben.room.send('from the train');
      tabs.ben.room.setDraft('half a sent');
      const before = await system.snapshot();

      await system.lose();
      expect(await system.restore()).toContain(' 0 drifts');
      const restored = await system.snapshot();
      expect(restored.rows.length).toBeLessThan(before.rows.length - 30);
      await system.startAgain();

      // Cat's browser had died meanwhile. Ann and cat come back first, and go on talking.
      await cat.kill();
      for (let nth = 0; nth < 70; nth += 1) await tabs.ann.room.send(`new ${nth}`);
      await system.allSent([ann]);
      await untilTrue(
        'they have gone past what ben had read',
        async () => (await system.snapshot()).lastSeq > before.lastSeq,
      );
      ben.goOnline();
      expect(await system.converged()).toEqual([]);
      const after = await system.snapshot();
      const texts = after.rows.map(({ text }) => text);
      expect(new Set(after.rows.map(({ id }) => id)).size).toBe(after.rows.length);
      for (const { text, isDeleted } of before.rows) if (!isDeleted) expect(texts).toContain(text);
      expect(texts).toContain('from the train');
      expect(shown(ann, 'the better plan')?.reactions).toEqual([{ emoji: '👍', users: [ben.options.user] }]);
      // Cat's device was back before the message that she reacted to.
      expect(shown(ann, 'lunch?')?.reactions).toEqual([{ emoji: '🍕', users: [cat.options.user] }]);
      expect(shown(ann, 'not for long')).toBeNull();
      expect(tabs.ben.room.draft.get()).toBe('half a sent');
      // Whatever ann wrote since is new to ben, although he had read as far as those numbers.
      const read = after.readSeq.get(ben.options.user) ?? 0;
      for (const { text, seq } of after.rows) if (text.startsWith('new ')) expect(seq).toBeGreaterThan(read);
      expect(await system.drifts()).toEqual([]);
    } catch (error) {
      console.log(system.serverOutput());
      throw error;
    } finally {
      await system.close();
    }
  },
  TIMEOUT_MS,
);

drill(
  '[R8] [R9] a dump of an earlier epoch: what was written in the documents since is sent again by its authors, and their screens keep it',
  async () => {
    const system = await open({ epochMaxEntries: 25, seed: 2 });
    try {
      await system.addTablo(3);
      const [ann, ben, cat] = [await system.addDevice(0), await system.addDevice(1), await system.addDevice(2)];
      system.startTalking();
      await untilTrue('people write', async () => (await system.readEpoch()) > 2);
      await system.dump();
      const atDump = await system.readEpoch();
      await untilTrue('they are epochs ahead of the dump', async () => (await system.readEpoch()) > atDump + 3);
      system.stopTalking();
      await system.allSent();
      const { rows } = await system.snapshot();
      const newest = rows.findLast((row) => row.author === ann.options.user)?.text ?? '';
      await untilTrue('ben has it', () => shown(ben, newest) !== null);
      await tabOf(ben).room.react(idOf(ben, newest), '👍', true);
      await system.allSent();
      expect(await system.converged()).toEqual([]);
      for (const device of system.devices) tabOf(device).room.markRead();
      await untilTrue('what was read is known', async () => {
        const { readSeq, lastSeq } = await system.snapshot();
        return system.users.every((user) => readSeq.get(user) === lastSeq);
      });
      const before = await system.snapshot();
      // Ben is away when it happens and for long after; cat's browser dies.
      ben.goOffline();
      await system.lose();
      expect(await system.restore()).toContain(' 0 drifts');
      await system.startAgain();
      await cat.kill();
      await system.allSent([ann, cat]);
      // The same names come to mean other documents.
      system.startTalking([ann, cat]);
      await untilTrue('epochs have passed again', async () => (await system.readEpoch()) > atDump + 3);
      system.stopTalking();
      await system.allSent([ann, cat]);
      ben.goOnline();
      expect(await system.converged()).toEqual([]);
      const after = await system.snapshot();
      const texts = after.rows.map(({ text }) => text);
      expect(new Set(texts).size).toBe(texts.length);
      const lost = before.rows
        .filter(({ id }) => !after.rows.some((row) => row.id === id))
        .map(({ text, author }) => [text, system.users.indexOf(author)]);
      expect(lost).toEqual([]);
      expect(await system.drifts()).toEqual([]);
    } catch (error) {
      console.log(system.serverOutput());
      throw error;
    } finally {
      await system.close();
    }
  },
  TIMEOUT_MS,
);
