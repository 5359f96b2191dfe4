/** What stands in a loaded document, read from the structs that Yjs keeps: by clientID and clock, which is how the ledger knows it. */
import { ENTRIES_ROOT, type Entry, parseEntry } from '@tablo/schema/entry';
import { type EntryId, SERVER_AUTHOR } from '@tablo/schema/ids';
import * as Y from 'yjs';
import type { DocumentReader } from '../../admission/frontier.ts';
import { type ItemId, VOID } from '../../admission/run.ts';

/** What was not deleted of a clientID's elements, from one clock to before another. */
export function elementsOf(doc: Y.Doc, client: number, from: number, end: number): readonly unknown[] {
  const elements: unknown[] = [];
  for (let clock = from; clock < end; ) {
    const struct = Y.getItem(doc.store, Y.createID(client, clock));
    const offset = clock - struct.id.clock;
    elements.push(...(readElements(struct)?.slice(offset, offset + end - clock) ?? []));
    clock = struct.id.clock + struct.length;
  }
  return elements;
}

export const hasEntry = (doc: Y.Doc, id: EntryId): boolean =>
  doc
    .getArray<{ readonly id?: unknown } | null>(ENTRIES_ROOT)
    .toArray()
    .some((entry) => entry?.id === id);

/** Nothing but the server's void clocks is ever deleted in a live document. */
export function readerOf(doc: Y.Doc): DocumentReader {
  const structAt = (client: number, clock: number) => Y.getItem(doc.store, Y.createID(client, clock));
  return {
    elementAt: (client, clock) => {
      if (clock >= Y.getState(doc.store, client)) return undefined;
      const struct = structAt(client, clock);
      return readElements(struct)?.[clock - struct.id.clock] ?? VOID;
    },
    voidUntil: (client, clock) => {
      const struct = structAt(client, clock);
      return readElements(struct) === null ? struct.id.clock + struct.length : clock;
    },
    isGap: (origin, rightOrigin) => isGap(doc, origin, rightOrigin),
  };
}

/**
 * Whether `rightOrigin` has stood right behind `origin` in some client's document: nothing is between them now but what was put there since, hence after one of these.
 * Anything else Yjs orders differently by the order in which it comes.
 */
function isGap(doc: Y.Doc, origin: ItemId | null, rightOrigin: ItemId): boolean {
  const keyOf = ({ client, clock }: ItemId): string => `${client} ${clock}`;
  const isIn = (id: ItemId, struct: Y.Item): boolean =>
    id.client === struct.id.client && id.clock >= struct.id.clock && id.clock < struct.id.clock + struct.length;
  const array = doc.getArray(ENTRIES_ROOT);
  const first = origin === null ? null : Y.getItem(doc.store, Y.createID(origin.client, origin.clock));
  if (first !== null && !(first instanceof Y.Item)) return false;
  // In one struct: right behind each other.
  if (first !== null && isIn(rightOrigin, first))
    return origin !== null && rightOrigin.client === origin.client && rightOrigin.clock === origin.clock + 1;
  if (first !== null && origin !== null && origin.clock !== first.id.clock + first.length - 1) return false;
  const start = origin === null ? 'start' : keyOf(origin);
  const between = new Set<string>();
  for (let item = first === null ? array._start : first.right; item !== null; item = item.right) {
    const before = item.origin === null ? 'start' : keyOf(item.origin);
    if (isIn(rightOrigin, item)) return rightOrigin.clock === item.id.clock && !between.has(before);
    if (before !== start && !between.has(before)) return false;
    for (let nth = 0; nth < item.length; nth += 1)
      between.add(keyOf({ client: item.id.client, clock: item.id.clock + nth }));
  }
  return false;
}

/** By induction a clientID carries one author's entries only, so its first entry tells whose it is [R3]; null where all of it is void. */
export function* readWriters(doc: Y.Doc): Iterable<{ client: number; owner: string | null; count: number }> {
  doc.getArray(ENTRIES_ROOT); // Integrated as a typed root, so that the structs below are the array's.
  for (const [client, structs] of doc.store.clients) {
    const first = structs.find((struct) => readElements(struct) !== null);
    const parsed = parseEntry(first === undefined ? undefined : readElements(first)?.[0]);
    const owner = parsed.ok ? (parsed.value as Entry).author : SERVER_AUTHOR;
    yield { client, owner: first === undefined ? null : owner, count: Y.getState(doc.store, client) };
  }
}

/** Null: what stands there is deleted. */
function readElements(struct: Y.Item | Y.GC): readonly unknown[] | null {
  return struct instanceof Y.Item && !struct.deleted && struct.content instanceof Y.ContentAny
    ? struct.content.arr
    : null;
}
