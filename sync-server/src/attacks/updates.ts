/** Yjs updates (encoding version 1) by hand, struct by struct: what no honest client would write. */
import { ENTRIES_ROOT } from '@tablo/schema/entry';
import * as encoding from 'lib0/encoding';
import { encode } from '../testing/frames.ts';

export const CONTENT = {
  gc: 0,
  deleted: 1,
  json: 2,
  binary: 3,
  string: 4,
  embed: 5,
  format: 6,
  type: 7,
  any: 8,
  doc: 9,
  skip: 10,
} as const;
const HAS_ORIGIN = 0x80;
const HAS_RIGHT_ORIGIN = 0x40;
const HAS_PARENT_SUB = 0x20;

type Write = (encoder: encoding.Encoder) => void;
export type Id = readonly [client: number, clock: number];

export interface Place {
  readonly origin?: Id;
  readonly rightOrigin?: Id;
  /** A root's name, or the id of the item that is the parent. */
  readonly parent?: string | Id;
  readonly parentSub?: string;
}

/** One struct: its info byte, where it stands, what it holds. */
export function item(
  content: number,
  write: Write,
  { origin, rightOrigin, parent = ENTRIES_ROOT, parentSub }: Place = {},
): Write {
  return (encoder) => {
    const flags =
      (origin ? HAS_ORIGIN : 0) | (rightOrigin ? HAS_RIGHT_ORIGIN : 0) | (parentSub === undefined ? 0 : HAS_PARENT_SUB);
    encoding.writeUint8(encoder, content | flags);
    if (origin) writeId(encoder, origin);
    if (rightOrigin) writeId(encoder, rightOrigin);
    if (origin || rightOrigin) return write(encoder);
    encoding.writeVarUint(encoder, typeof parent === 'string' ? 1 : 0);
    if (typeof parent === 'string') encoding.writeVarString(encoder, parent);
    else writeId(encoder, parent);
    if (parentSub !== undefined) encoding.writeVarString(encoder, parentSub);
    write(encoder);
  };
}

/** ContentAny of plain values. */
export const values = (entries: readonly unknown[], place?: Place): Write =>
  rawValues(
    entries.map((entry) => writeAny(entry)),
    place,
  );

/** ContentAny of values written by hand. */
export const rawValues = (entries: readonly Write[], place?: Place): Write =>
  item(
    CONTENT.any,
    (encoder) => {
      encoding.writeVarUint(encoder, entries.length);
      for (const write of entries) write(encoder);
    },
    place,
  );

export const writeAny =
  (value: unknown): Write =>
  (encoder) =>
    encoding.writeAny(encoder, value as Parameters<typeof encoding.writeAny>[1]);

export type Field = readonly [key: string, value: unknown];

/** An object, key by key: keys may repeat, and a value may be a function that writes raw bytes. */
export const object =
  (...fields: readonly Field[]): Write =>
  (encoder) => {
    encoding.writeUint8(encoder, 118);
    encoding.writeVarUint(encoder, fields.length);
    for (const [key, value] of fields) {
      encoding.writeVarString(encoder, key);
      if (typeof value === 'function') (value as Write)(encoder);
      else writeAny(value)(encoder);
    }
  };

/** A string of any bytes, as no encoder would write it. */
export const rawString =
  (bytes: readonly number[]): Write =>
  (encoder) => {
    encoding.writeUint8(encoder, 119);
    encoding.writeVarUint8Array(encoder, Uint8Array.from(bytes));
  };

/** A struct that only takes up clocks: GC or Skip. */
export const hollow =
  (kind: typeof CONTENT.gc | typeof CONTENT.skip, length: number): Write =>
  (encoder) => {
    encoding.writeUint8(encoder, kind);
    encoding.writeVarUint(encoder, length);
  };

export interface Section {
  readonly client: number;
  readonly clock?: number;
  /** What the section says it holds; by default what it does hold. */
  readonly claims?: number;
  readonly structs: readonly Write[];
}

type Deletion = readonly [client: number, clock: number, length: number];

export function update(sections: readonly Section[], deletions: readonly Deletion[] = []): Uint8Array {
  return encode((encoder) => {
    encoding.writeVarUint(encoder, sections.length);
    for (const { client, clock = 0, structs, claims = structs.length } of sections) {
      encoding.writeVarUint(encoder, claims);
      encoding.writeVarUint(encoder, client);
      encoding.writeVarUint(encoder, clock);
      for (const write of structs) write(encoder);
    }
    encoding.writeVarUint(encoder, deletions.length);
    for (const [client, clock, length] of deletions) {
      for (const number of [client, 1, clock, length]) encoding.writeVarUint(encoder, number);
    }
  });
}

/** The ordinary case: entries of one clientID, from a clock on. */
export const append = (client: number, entries: readonly unknown[], clock = 0, place?: Place): Uint8Array =>
  update([{ client, clock, structs: [values(entries, place)] }]);

function writeId(encoder: encoding.Encoder, [client, clock]: Id): void {
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, clock);
}
