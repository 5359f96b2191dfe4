import type { ReasonCode } from '@tablo/schema/close-codes';
import type { MemberEntry } from '@tablo/schema/entry';
import { createEntryId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChatError } from '../chat.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { FakeTablo } from '../testing/fake-server.ts';
import { FakeServer } from '../testing/fake-server.ts';
import { ALICE, BOB, closeDevices, FakeBrowser, find, openDevice, statusOf, texts, until } from '../testing/harness.ts';

let server: FakeServer;
let tablo: FakeTablo;

beforeEach(async () => {
  server = new FakeServer();
  await server.start();
  tablo = server.addTablo('Kitchen', { [ALICE]: 'owner', [BOB]: 'member' });
});

afterEach(async () => {
  await closeDevices();
  await server.stop();
});

async function openKitchen(user = ALICE) {
  const device = await openDevice(server, user);
  const room = device.chat.openRoom(tablo.id);
  await until(() => expect(device.chat.connection.get().status).toBe('online'));
  return { ...device, room };
}

const saysBad = (entries: readonly MemberEntry[]) =>
  entries.some((entry) => 'text' in entry && entry.text.startsWith('bad'));

/** Commits wait until the returned function is called. */
function holdCommits(): () => void {
  let release = () => {};
  server.hold = new Promise((resolve) => {
    release = resolve;
  });
  return () => {
    server.hold = null;
    release();
  };
}

it('[R1] a count of acknowledgements that reaches zero early makes nothing durable', async () => {
  let answerAll = () => {};
  server.holdAnswers = new Promise((resolve) => {
    answerAll = resolve;
  });
  const { room } = await openKitchen();
  const release = holdCommits();
  // Joined, so it is pushed before this resolves.
  await room.send('not yet');
  // The two answers to the server's repeated question are acknowledged before the message: as many as the client has counted.
  answerAll();
  await until(() => expect(server.updates).toBe(1));
  await server.post(tablo, BOB, 'meanwhile');
  await until(() => expect(texts(room)).toContain('meanwhile'));
  expect(statusOf(room, 'not yet')).toBe('pending');
  release();
  await until(() => expect(statusOf(room, 'not yet')).toBe('sent'));
});

describe('a refusal', () => {
  it('[R8] marks the refused message and lets later ones through', async () => {
    server.judge = (entries) => (saysBad(entries) ? { code: 'invalid-update' } : null);
    const { room } = await openKitchen();
    const bob = await openKitchen(BOB);
    await room.send('bad one');
    await until(() => expect(statusOf(room, 'bad one')).toBe('refused'));
    await room.send('good one');
    await until(() => expect(statusOf(room, 'good one')).toBe('sent'));
    await until(() => expect(texts(bob.room)).toEqual(['good one']));
    expect(find(room, 'bad one')?.delivery).toMatchObject({
      refusal: { code: 'invalid-update', message: 'Refused: invalid-update.' },
    });
  });

  it.each([
    ['all of an update', (entries: readonly MemberEntry[]) => entries.map((entry) => entry.id)],
    ['none', () => []],
  ])('[R8] finds the one bad entry of a backlog when the refusal names %s', async (_title, name) => {
    server.judge = (entries) => (saysBad(entries) ? { code: 'invalid-update', ids: name(entries) } : null);
    const { room, environment } = await openKitchen();
    environment.goOffline();
    for (let index = 0; index < 12; index += 1) await room.send(index === 7 ? 'bad' : `good ${index}`);
    environment.goOnline();
    await until(() => expect(server.entriesOf(tablo)).toHaveLength(11));
    await until(() => expect(statusOf(room, 'bad')).toBe('refused'));
    await until(() =>
      expect(room.view.get().messages.filter(({ delivery }) => delivery.status === 'sent')).toHaveLength(11),
    );
  });

  it('[R8] that names nothing is laid on the one that it is about, in a few joins, and what is delivered stays so', async () => {
    const { room } = await openKitchen();
    await room.send('old');
    await until(() => expect(statusOf(room, 'old')).toBe('sent'));
    server.judge = (entries) => (saysBad(entries) ? { code: 'invalid-update', ids: [] } : null);
    const seen = new Set<string | null>();
    const joins = server.joins;
    await room.send('bad');
    await room.send('after it');
    room.view.subscribe(() => seen.add(statusOf(room, 'old')));
    await until(() => expect([statusOf(room, 'bad'), statusOf(room, 'after it')]).toEqual(['refused', 'sent']));
    expect(server.joins - joins).toBeLessThan(6);
    expect([...seen]).toEqual(['sent']);
  });

  it('[R8] does not touch other tablos', async () => {
    const other = server.addTablo('Garden', { [ALICE]: 'owner' });
    server.judge = (entries) => (saysBad(entries) ? { code: 'too-large' } : null);
    const { room, chat } = await openKitchen();
    const garden = chat.openRoom(other.id);
    await Promise.all([room.send('bad'), garden.send('fine')]);
    await until(() => expect(statusOf(garden, 'fine')).toBe('sent'));
    await until(() => expect(statusOf(room, 'bad')).toBe('refused'));
  });

  it('[R8] a refused message can be sent again, changed or forgotten', async () => {
    server.judge = (entries) => (saysBad(entries) ? { code: 'invalid-update' } : null);
    const { room } = await openKitchen();
    const ids = await Promise.all(['bad 1', 'bad 2', 'bad 3'].map((text) => room.send(text)));
    await until(() =>
      expect(room.view.get().messages.filter(({ delivery }) => delivery.status === 'refused')).toHaveLength(3),
    );
    await room.discard(ids[0]!);
    await room.edit(ids[1]!, 'better 2');
    server.judge = () => null;
    await room.retry(ids[2]!);
    await until(() =>
      expect(
        server
          .entriesOf(tablo)
          .map((entry) => 'text' in entry && entry.text)
          .sort(),
      ).toEqual(['bad 3', 'better 2']),
    );
    await until(() => expect(texts(room)).toEqual(['better 2', 'bad 3']));
  });

  it('[R8] an id that is taken is retried under another', async () => {
    server.judge = () => ({ code: 'duplicate-id' });
    const { room } = await openKitchen();
    const id = await room.send('mine');
    await until(() => expect(statusOf(room, 'mine')).toBe('refused'));
    server.judge = (entries) => (entries.some((entry) => entry.id === id) ? { code: 'duplicate-id' } : null);
    await room.retry(id);
    await until(() => expect(statusOf(room, 'mine')).toBe('sent'));
  });

  it.each<ReasonCode>(['rate-limited', 'unavailable', 'shutting-down', 'token-expired'])(
    '[R11] %s is no refusal: the entries stay pending and deliver later',
    async (code) => {
      let times = 0;
      server.judge = () => {
        times += 1;
        return times <= 2 ? { code, ids: [] } : null;
      };
      const { room } = await openKitchen();
      const seen = new Set<string | null>();
      room.view.subscribe(() => seen.add(statusOf(room, 'patience')));
      await room.send('patience');
      await until(() => expect(statusOf(room, 'patience')).toBe('sent'));
      expect([...seen].filter((status) => status !== null)).toEqual(['pending', 'sent']);
      expect(times).toBe(3);
    },
  );

  it('[R8] read-only refuses what a guest writes, once', async () => {
    server.judge = () => ({ code: 'read-only' });
    const { room } = await openKitchen();
    await room.send('as a guest');
    await until(() =>
      expect(find(room, 'as a guest')?.delivery).toMatchObject({ status: 'refused', refusal: { code: 'read-only' } }),
    );
    expect(server.updates).toBe(1);
  });
});

describe('taking back', () => {
  it('[R8] a message cancelled or changed before it was sent never reaches the others', async () => {
    const { room, environment } = await openKitchen();
    environment.goOffline();
    const cancelled = await room.send('cancelled');
    const changed = await room.send('first words');
    await room.send('third');
    await room.remove(cancelled);
    await room.edit(changed, 'second thoughts');
    expect(texts(room)).toEqual(['second thoughts', 'third']);
    environment.goOnline();
    await until(() => expect(statusOf(room, 'third')).toBe('sent'));
    expect(server.entriesOf(tablo).map((entry) => 'text' in entry && entry.text)).toEqual(['second thoughts', 'third']);
  });

  it('[R8] one that turns out to have been sent is deleted for everybody', async () => {
    const { room, environment } = await openKitchen();
    const bob = await openKitchen(BOB);
    const release = holdCommits();
    const id = await room.send('oops');
    await until(() => expect(server.updates).toBe(1));
    environment.goOffline();
    await room.remove(id);
    expect(texts(room)).toEqual([]);
    release();
    await until(() => expect(server.entriesOf(tablo)).toHaveLength(1));
    environment.goOnline();
    await until(() => expect(server.entriesOf(tablo).map(({ kind }) => kind)).toEqual(['message', 'delete']));
    await until(() => expect(texts(bob.room)).toEqual([]));
    expect(texts(room)).toEqual([]);
  });

  it('[R8] one that turns out to have been sent is edited for everybody', async () => {
    const { room, environment } = await openKitchen();
    const bob = await openKitchen(BOB);
    const release = holdCommits();
    const id = await room.send('teh');
    await until(() => expect(server.updates).toBe(1));
    environment.goOffline();
    await room.edit(id, 'the');
    release();
    await until(() => expect(server.entriesOf(tablo)).toHaveLength(1));
    environment.goOnline();
    await until(() => expect(server.entriesOf(tablo).map(({ kind }) => kind)).toEqual(['message', 'edit']));
    await until(() => expect(texts(bob.room)).toEqual(['the']));
    await until(() => expect(texts(room)).toEqual(['the']));
  });

  it('[R8] one whose frame got lost is not sent again by the next join', async () => {
    const { room, environment } = await openKitchen();
    server.freeze();
    const cancelled = await room.send('lost on the way');
    const changed = await room.send('lost as well');
    environment.goOffline();
    await room.remove(cancelled);
    await room.edit(changed, 'found again');
    server.thaw();
    environment.goOnline();
    await until(() => expect(statusOf(room, 'found again')).toBe('sent'));
    expect(server.entriesOf(tablo).map((entry) => 'text' in entry && entry.text)).toEqual(['found again']);
  });

  it('[R8] one taken back while its update is on the way is not on the next document', async () => {
    const { room } = await openKitchen();
    const release = holdCommits();
    server.judge = (entries) =>
      entries.some((entry) => 'text' in entry && entry.text === 'slow') ? { code: 'unavailable' } : null;
    const id = await room.send('slow');
    await until(() => expect(server.updates).toBe(1));
    await room.remove(id);
    await room.send('next');
    release();
    await until(() => expect(statusOf(room, 'next')).toBe('sent'));
    expect(texts(room)).toEqual(['next']);
    expect(server.entriesOf(tablo)).toHaveLength(1);
  });
});

describe('changes of sent messages', () => {
  it('[R7] edits, reactions and deletions work offline and reach the others', async () => {
    const { room, environment } = await openKitchen();
    const bob = await openKitchen(BOB);
    const [first, second] = [await room.send('one'), await room.send('two')];
    await until(() => expect(statusOf(room, 'two')).toBe('sent'));
    environment.goOffline();
    await room.edit(first!, 'uno');
    await room.edit(first!, 'un');
    await room.react(first!, '👍', true);
    await room.react(first!, '🎉', true);
    await room.react(first!, '🎉', false);
    await room.remove(second!);
    expect(texts(room)).toEqual(['un']);
    expect(find(room, 'un')?.reactions.map(({ emoji }) => emoji)).toEqual(['👍']);
    environment.goOnline();
    await until(() => expect(texts(bob.room)).toEqual(['un']));
    await until(() => expect(find(bob.room, 'un')?.reactions.map(({ emoji }) => emoji)).toEqual(['👍']));
    expect(server.entriesOf(tablo).map((entry) => entry.kind)).toEqual([
      'message',
      'message',
      'edit',
      'reaction',
      'delete',
    ]);
  });

  it("nobody edits somebody else's message", async () => {
    const bob = await openKitchen(BOB);
    const id = await server.post(tablo, ALICE, 'mine');
    await until(() => expect(texts(bob.room)).toEqual(['mine']));
    await expect(bob.room.edit(id, 'yours')).rejects.toMatchObject({ code: 'not-your-entry' });
  });

  it('[R8] what cannot be sent is rejected with a sentence for people, and so is what is not here', async () => {
    const { room } = await openKitchen(BOB);
    const id = await room.send('mine');
    for (const text of ['  ', 'x'.repeat(8_001), 'a\u0000b', 'a\ud800b'])
      for (const attempt of [() => room.send(text), () => room.edit(id, text)]) {
        const error: unknown = await attempt().catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(ChatError);
        expect(error).toMatchObject({ code: 'invalid-update', message: expect.stringMatching(/^The message .*\.$/) });
      }
    await expect(room.react(id, 'x'.repeat(200), true)).rejects.toMatchObject({ code: 'invalid-update' });
    const unknown = createEntryId(Date.now());
    for (const attempt of [
      () => room.edit(unknown, 'text'),
      () => room.remove(unknown),
      () => room.react(unknown, '\u{1F44D}', true),
      () => room.retry(unknown),
      () => room.discard(unknown),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('moving', () => {
  it('[R4] sending many messages keeps one document and one clientID', async () => {
    const { room, chat } = await openKitchen();
    for (let index = 0; index < 20; index += 1) await room.send(`message ${index}`);
    await until(() =>
      expect(room.view.get().messages.filter(({ delivery }) => delivery.status === 'sent')).toHaveLength(20),
    );
    expect(server.joins).toBe(1);
    expect(server.documentLength(tablo)).toBe(20);
    expect(chat.connection.get().status).toBe('online');
  });

  it('[R9] follows the tablo to its next epoch, with pending entries, and still shows the old messages', async () => {
    const { room, environment, browser, chat } = await openKitchen();
    const old = await room.send('odl');
    await room.edit(old, 'old');
    await room.react(old, '👍', true);
    await until(() => expect(server.entriesOf(tablo)).toHaveLength(3));
    server.hasHistory = false;
    server.moveEpoch(tablo);
    await room.send('new');
    await until(() => expect(statusOf(room, 'new')).toBe('sent'));
    expect(texts(room)).toEqual(['old', 'new']);
    expect(server.documentLength(tablo)).toBe(1);
    environment.goOffline();
    await chat.close();
    const again = await openDevice(server, ALICE, { browser, environment });
    const same = again.chat.openRoom(tablo.id);
    await until(() => expect(texts(same)).toEqual(['old', 'new']));
    expect(find(same, 'old')?.reactions).toEqual([{ emoji: '👍', users: [ALICE] }]);
  });

  it('[R5] an own late edit that became durable in an earlier document is shown at its receipt, not by its author’s clock', async () => {
    const { room, environment, browser } = await openKitchen();
    const id = await room.send('plain');
    await until(() => expect(statusOf(room, 'plain')).toBe('sent'));
    environment.goOffline();
    await room.edit(id, 'by a wrong clock');
    // It has arrived, and the tablo has moved on before its author heard of that.
    const [record] = await browser.store.readOutbox();
    const { entry } = record!;
    tablo.durable.set(entry.id, { entry, seq: 0, isDeleted: false });
    server.shownAt[entry.id] = entry.sentAt + 86_400_000;
    server.hasHistory = false;
    server.moveEpoch(tablo);
    environment.goOnline();
    await until(() => expect(find(room, 'by a wrong clock')?.unsentChanges).toEqual([]));
    expect(find(room, 'by a wrong clock')?.editedAt).toBe(entry.sentAt + 86_400_000);
  });

  it('[R5] an own message that became durable in an earlier document, and was deleted there by another device, is not shown', async () => {
    const { room, environment, browser } = await openKitchen();
    const kept = await room.send('kept');
    await until(() => expect(statusOf(room, 'kept')).toBe('sent'));
    environment.goOffline();
    await room.send('deleted elsewhere');
    await room.react(kept, '👍', true);
    const records = await browser.store.readOutbox();
    // All of it has arrived; then another device of hers has taken it back, and the tablo has moved on.
    for (const { entry } of records) tablo.durable.set(entry.id, { entry, seq: 2, isDeleted: true });
    server.moveEpoch(tablo);
    environment.goOnline();
    await until(async () => expect(await browser.store.readOutbox()).toEqual([]));
    await until(() => expect(texts(room)).toEqual(['kept']));
    await until(() => expect(find(room, 'kept')?.reactions).toEqual([]));
  });

  it('[R9] follows when the epoch moved while it was away', async () => {
    const { room, environment } = await openKitchen();
    await room.send('old');
    await until(() => expect(statusOf(room, 'old')).toBe('sent'));
    environment.goOffline();
    await room.send('offline');
    server.moveEpoch(tablo);
    await server.post(tablo, BOB, 'elsewhere');
    environment.goOnline();
    await until(() => expect(statusOf(room, 'offline')).toBe('sent'));
    await until(() => expect([...texts(room)].sort()).toEqual(['elsewhere', 'offline', 'old']));
  });

  it('[R8] own messages that a restored backup has lost are sent again', async () => {
    const { room } = await openKitchen();
    const bob = await openKitchen(BOB);
    const kept = await room.send('kept');
    await until(() => expect(statusOf(room, 'kept')).toBe('sent'));
    const lost = await room.send('lost');
    await until(() => expect(statusOf(room, 'lost')).toBe('sent'));
    const theirs = await bob.room.send('theirs');
    await until(() => expect(texts(room)).toEqual(['kept', 'lost', 'theirs']));
    await server.restoreWithout(tablo, [lost, theirs]);
    await until(() =>
      expect(
        server
          .entriesOf(tablo)
          .map(({ id }) => id)
          .sort(),
      ).toEqual([kept, lost, theirs].sort()),
    );
    await until(() => expect([...texts(room)].sort()).toEqual(['kept', 'lost', 'theirs']));
  });

  it('[R4] [R8] on a slow disk, too, own messages of earlier documents are asked for before they are sent again', async () => {
    const written = Promise.withResolvers<void>();
    const store = new (class extends MemoryStore {
      isSlow = false;
      asked = 0;
      override async changeOutbox(...args: Parameters<MemoryStore['changeOutbox']>) {
        this.asked += this.isSlow ? 1 : 0;
        if (this.isSlow) await written.promise;
        return super.changeOutbox(...args);
      }
    })();
    const { chat } = await openDevice(server, ALICE, {
      browser: new FakeBrowser(store),
      timing: { listRefreshMs: 50 },
    });
    const room = chat.openRoom(tablo.id);
    await until(() => expect(chat.connection.get().status).toBe('online'));
    await room.send('of the first document');
    await until(() => expect(statusOf(room, 'of the first document')).toBe('sent'));
    server.moveEpoch(tablo);
    const lost = await room.send('lost');
    await until(() => expect(statusOf(room, 'lost')).toBe('sent'));
    await until(async () => expect(await store.readRows(tablo.id, null, 10)).not.toEqual([]));
    // A backup of before the second message.
    await server.stop();
    store.isSlow = true;
    tablo.durable.delete(lost);
    tablo.lastSeq = 1;
    tablo.state = null;
    // Nothing joins before the list has told of it.
    server.deny = 'unavailable';
    const lists = () => server.requests.filter((request) => request.includes('/unread')).length;
    const before = lists();
    await server.start();
    await until(() => expect(lists()).toBeGreaterThan(before));
    server.deny = null;
    await until(() => expect(store.asked).toBeGreaterThan(0));
    // Time enough to join, several times over.
    const asked = lists();
    await until(() => expect(lists()).toBeGreaterThan(asked + 5));
    expect(server.connections(tablo)).toBe(0);
    written.resolve();
    await until(() => expect(server.entriesOf(tablo)).toHaveLength(2));
    await until(async () => expect(await chat.countUnsent()).toBe(0));
    expect(server.documentLength(tablo)).toBe(1);
    expect([...texts(room)].sort()).toEqual(['lost', 'of the first document']);
  });
});
