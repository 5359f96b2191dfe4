import { MAX_UPDATE_BYTES } from '@tablo/schema/limits';
import { Random } from '@tablo/schema/testing/random';
import * as encoding from 'lib0/encoding';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { decodeUpdate } from './decode-update.ts';
import { encodeAppend, encodeRuns } from './encode-append.ts';
import { Malformed, VOID } from './run.ts';

const entry = {
  kind: 'message',
  id: '0197a000-0000-7000-8000-000000000001',
  text: 'hi',
  sentAt: 1_700_000_000_000,
  on: true,
  none: null,
};

/** What `change` adds to a fresh document with one entry in it. */
function updateOf(change: (doc: Y.Doc, array: Y.Array<unknown>) => void): Uint8Array {
  return stateOf((doc) => {
    const array = doc.getArray<unknown>('messages');
    array.push([entry]);
    const before = Y.encodeStateVector(doc);
    change(doc, array);
    return before;
  });
}

function stateOf(change: (doc: Y.Doc) => Uint8Array | undefined): Uint8Array {
  const doc = new Y.Doc();
  const before = change(doc);
  return Y.encodeStateAsUpdate(doc, before);
}

/** An update written byte by byte. */
function bytes(write: (encoder: encoding.Encoder) => void): Uint8Array {
  const encoder = encoding.createEncoder();
  write(encoder);
  return encoding.toUint8Array(encoder);
}
const numbers = (...values: number[]) =>
  bytes((encoder) => values.forEach((value) => encoding.writeVarUint(encoder, value)));

const refusalOf = (update: Uint8Array) => {
  const decoded = decodeUpdate(update);
  return decoded.ok ? 'accepted' : `${decoded.error.code}: ${decoded.error.message}`;
};

describe('decodeUpdate', () => {
  it('decodeUpdate reads what a client pushes: values, clocks and origins', () => {
    const doc = new Y.Doc();
    doc.clientID = 7;
    doc.getArray('messages').push([entry, { ...entry, text: 'two' }]);
    const first = Y.encodeStateAsUpdate(doc);
    expect(decodeUpdate(first)).toEqual({
      ok: true,
      value: {
        runs: [{ client: 7, clock: 0, origin: null, entries: [entry, { ...entry, text: 'two' }] }],
        deletions: [],
      },
    });
    const before = Y.encodeStateVector(doc);
    doc.getArray('messages').push([entry]);
    expect(decodeUpdate(Y.encodeStateAsUpdate(doc, before))).toEqual({
      ok: true,
      value: { runs: [{ client: 7, clock: 2, origin: { client: 7, clock: 1 }, entries: [entry] }], deletions: [] },
    });
  });

  it('decodeUpdate reads an update without entries', () => {
    expect(decodeUpdate(Y.encodeStateAsUpdate(new Y.Doc()))).toEqual({ ok: true, value: { runs: [], deletions: [] } });
  });

  it('decodeUpdate reads back what encodeAppend writes, and Yjs applies it', () => {
    const message = { kind: 'delete', id: entry.id, author: entry.id, target: entry.id, sentAt: 5 } as never;
    const update = encodeAppend({ client: 9, clock: 0 }, null, [message, message]);
    expect(decodeUpdate(update)).toEqual({
      ok: true,
      value: { runs: [{ client: 9, clock: 0, origin: null, entries: [message, message] }], deletions: [] },
    });
    const doc = new Y.Doc();
    Y.applyUpdate(doc, update);
    Y.applyUpdate(doc, encodeAppend({ client: 9, clock: 2 }, { client: 9, clock: 1 }, [message]));
    expect(doc.getArray('messages').toJSON()).toEqual([message, message, message]);
    expect(doc.store.pendingStructs).toBeNull();
  });

  it.each<[string, Uint8Array, string]>([
    [
      "a run of garbage that takes a colleague's clocks (TRAPS 4.1)",
      numbers(1, 1, 1_234, 0, 0, 1_000, 0),
      'other than plain objects',
    ],
    ['a skip', numbers(1, 1, 1_234, 0, 10, 5, 0), 'other than plain objects'],
    ['another root', updateOf((doc) => doc.getArray('other').push([entry])), 'other than the root'],
    ['a map on the root', stateOf((doc) => void doc.getMap('messages').set('key', entry)), 'sets a key'],
    ['a text', stateOf((doc) => void doc.getText('messages').insert(0, 'hi')), 'other than plain objects'],
    ['a Yjs type inside', updateOf((_, array) => array.push([new Y.Map()])), 'other than plain objects'],
    ['a subdocument', updateOf((_, array) => array.push([new Y.Doc()])), 'other than plain objects'],
    ['bytes', updateOf((_, array) => array.push([new Uint8Array([1])])), 'other than plain objects'],
    ['a claim of 30 million structs', numbers(1, 30_000_000, 1, 0), 'damaged'],
    ['a claim of 30 million clients', numbers(30_000_000), 'more clientIDs'],
    ['an empty run', numbers(1, 1, 1, 0, 8, 1, 0, 0, 0), 'other than the root'],
    ['deletions that overlap', numbers(0, 1, 7, 2, 0, 3, 2, 2), 'overlap'],
    ['deletions out of their order', numbers(0, 1, 7, 2, 4, 1, 0, 1), 'overlap'],
    ['an empty deletion', numbers(0, 1, 7, 1, 0, 0), 'overlap'],
    ['deletions of one clientID twice', numbers(0, 2, 7, 1, 0, 1, 7, 1, 0, 1), 'twice'],
    ['a claim of 30 million deletions', numbers(0, 1, 7, 30_000_000), 'damaged'],
    ['a deletion beyond every clock', numbers(0, 1, 7, 1, 5, 2 ** 53 - 1), 'beyond every clock'],
    ['a cut end', updateOf((_, array) => array.push([entry])).slice(0, -3), 'damaged'],
    [
      'bytes after the end',
      new Uint8Array([...updateOf((_, array) => array.push([entry])), 0]),
      'goes on after its end',
    ],
    ['nothing at all', new Uint8Array(), 'damaged'],
  ])('[R2] decodeUpdate refuses %s', (_, update, reason) => {
    expect(refusalOf(update)).toContain('invalid-update');
    expect(refusalOf(update)).toContain(reason);
  });

  it.each<[string, unknown, string]>([
    ['a number', 1, 'must be a plain object'],
    ['nothing', null, 'must be a plain object'],
    ['a list', [entry], 'must be a plain object'],
    ['a nested object', { id: entry.id, a: { b: [1, { c: new Uint8Array([1]) }] } }, 'must be flat'],
    ['a list of objects', { id: entry.id, of: ['x', {}] }, 'must be flat'],
    ['a list that is too long', { id: entry.id, of: Array.from({ length: 10_001 }, () => 'x') }, 'too long'],
    ['a big integer', { id: entry.id, sentAt: 1n }, 'must be flat'],
    ['a prototype', JSON.parse(`{"id":"${entry.id}","__proto__":{"kind":"message"}}`), 'does not know'],
    [
      'many keys',
      { id: entry.id, ...Object.fromEntries(Array.from({ length: 99 }, (_, nth) => [nth, 1])) },
      'more keys',
    ],
  ])(
    '[R8] decodeUpdate reads %s as an entry that is none, with its id, and its neighbours as they are',
    (_, value, reason) => {
      const decoded = decodeUpdate(updateOf((__, array) => array.push([entry, value, entry])));
      const entries = decoded.ok ? decoded.value.runs.flatMap((run) => run.entries) : [];
      const id = typeof value === 'object' && value !== null && 'id' in value ? entry.id : undefined;
      expect(entries).toEqual([entry, expect.objectContaining({ reason: expect.stringContaining(reason), id }), entry]);
      expect(entries[1]).toBeInstanceOf(Malformed);
    },
  );

  it('[R2] decodeUpdate reads what a client holds as deleted as void, whether its content comes along or not', () => {
    const other = { ...entry, text: 'two' };
    for (const gc of [true, false]) {
      const doc = new Y.Doc({ gc });
      doc.clientID = 7;
      const array = doc.getArray<unknown>('messages');
      array.push([entry, other, entry, other]);
      array.delete(1, 2);
      const decoded = decodeUpdate(Y.encodeStateAsUpdate(doc));
      expect(decoded.ok && decoded.value.runs.flatMap((run) => run.entries)).toEqual([entry, VOID, VOID, other]);
      expect(decoded.ok && decoded.value.deletions).toEqual([{ client: 7, clock: 1, length: 2 }]);
    }
  });

  it('[R2] decodeUpdate reads what an entry was put in front of', () => {
    const decoded = decodeUpdate(updateOf((_, array) => array.insert(0, [entry])));
    expect(decoded.ok && decoded.value.runs[0]).toMatchObject({ origin: null, rightOrigin: { clock: 0 } });
  });

  it('decodeUpdate keeps what a run stands in front of in each part of it, as Yjs does when it splits an item', () => {
    const rightOrigin = { client: 3, clock: 0 };
    const update = encodeRuns([{ client: 9, clock: 0, origin: null, rightOrigin, entries: [entry, VOID, entry] }]);
    const decoded = decodeUpdate(update);
    expect(decoded.ok && decoded.value.runs.map((run) => run.rightOrigin)).toEqual([
      rightOrigin,
      rightOrigin,
      rightOrigin,
    ]);
  });

  it('decodeUpdate reads back runs with void clocks as encodeRuns writes them, and Yjs takes them away from whoever has the content', () => {
    const author = new Y.Doc();
    author.clientID = 9;
    author.getArray('messages').push([entry, { ...entry, text: 'two' }, { ...entry, text: 'three' }]);
    const update = encodeRuns([{ client: 9, clock: 0, origin: null, entries: [VOID, entry, VOID] }]);
    const decoded = decodeUpdate(update);
    expect(decoded.ok && decoded.value.runs).toEqual([
      { client: 9, clock: 0, origin: null, entries: [VOID] },
      { client: 9, clock: 1, origin: { client: 9, clock: 0 }, entries: [entry] },
      { client: 9, clock: 2, origin: { client: 9, clock: 1 }, entries: [VOID] },
    ]);
    Y.applyUpdate(author, update);
    expect(author.getArray('messages').toJSON()).toEqual([{ ...entry, text: 'two' }]);
    const other = new Y.Doc();
    Y.applyUpdate(other, update);
    expect(other.getArray('messages').toJSON()).toEqual([entry]);
    expect(other.store.pendingStructs ?? other.store.pendingDs).toBeNull();
    author.getArray('messages').push([entry]);
    Y.applyUpdate(other, Y.encodeStateAsUpdate(author, Y.encodeStateVector(other)));
    expect(other.getArray('messages').toJSON()).toEqual([entry, entry]);
  });

  it('[R2] decodeUpdate refuses 10,001 entries and more than 4 MiB as too large', () => {
    expect(refusalOf(updateOf((_, array) => array.push(Array.from({ length: 10_001 }, () => ({ a: 1 })))))).toContain(
      'too-large',
    );
    expect(refusalOf(new Uint8Array(MAX_UPDATE_BYTES + 1))).toContain('too-large');
  });

  it('[R2] decodeUpdate refuses 100,000 levels without walking them', () => {
    const deep = bytes((encoder) => {
      for (const value of [1, 1, 7, 0]) encoding.writeVarUint(encoder, value);
      encoding.writeUint8(encoder, 8);
      encoding.writeVarUint(encoder, 1);
      encoding.writeVarString(encoder, 'messages');
      encoding.writeVarUint(encoder, 1);
      for (let level = 0; level < 100_000; level += 1) {
        encoding.writeUint8(encoder, 118);
        encoding.writeVarUint(encoder, 1);
        encoding.writeVarString(encoder, 'a');
      }
    });
    expect(refusalOf(deep)).toContain('must be flat');
  });

  it('[R2] decodeUpdate answers 20,000 mutated and random updates without throwing, and agrees with Yjs on what it accepts', () => {
    const random = new Random(20_261_122);
    const honest = [1, 2, 5].map((count) =>
      updateOf((_, array) => array.push(Array.from({ length: count }, () => entry))),
    );
    let accepted = 0;
    for (let nth = 0; nth < 20_000; nth += 1) {
      const update = random.chance(0.8) ? new Uint8Array(random.pick(honest)) : new Uint8Array(random.below(60));
      for (let flips = random.below(4); flips > 0 && update.length > 0; flips -= 1)
        update[random.below(update.length)] = random.below(256);
      const decoded = decodeUpdate(update);
      if (!decoded.ok) continue;
      accepted += 1;
      const theirs = Y.decodeUpdate(update);
      const { runs, deletions } = decoded.value;
      const ranges = [...theirs.ds.clients].flatMap(([client, items]) =>
        items.map(({ clock, len }) => ({ client, clock, length: len })),
      );
      expect(ranges).toEqual(deletions);
      const contents = theirs.structs.map((struct) => (struct instanceof Y.Item ? struct.content.getContent() : null));
      expect(contents.length).toBe(runs.length);
      for (const [place, { entries }] of runs.entries())
        for (const [index, ours] of entries.entries())
          if (ours !== VOID && !(ours instanceof Malformed)) expect(contents[place]?.[index]).toEqual(ours);
    }
    expect(accepted).toBeGreaterThan(1_000);
  });
});
