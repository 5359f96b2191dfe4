/** Where documents are kept: a snapshot of the live epoch, and the log of updates since. */
import type { DocumentName } from '@tablo/schema/document-name';
import type { EntryId } from '@tablo/schema/ids';

export interface StoredDocument {
  /** False: the tablo has moved to another document, or is gone. */
  readonly isLive: boolean;
  /** Snapshot and log merged: a Yjs update, encoding version 1; null for a document without entries. */
  readonly state: Uint8Array | null;
  /** Of the snapshot; 0n when there is none. */
  readonly version: bigint;
  /** Log rows that `state` contains beside the snapshot. */
  readonly logIds: readonly bigint[];
  /** [N1] `state` is the log up to this row; 0n when there is none, or it is not known. */
  readonly head: bigint;
  /** `seq` of the tablo's newest message at the same moment. */
  readonly lastSeq: number;
  /** The clientID under which the server wrote what the epoch began with; null in a tablo's first document. */
  readonly serverClient: number | null;
  /** Of a later document that the server has begun with nothing: the oldest of the newest messages, which each should begin with; null where there are none. */
  readonly firstOfNewest: EntryId | null;
}

export interface Snapshot {
  readonly state: Uint8Array;
  /** What `load` or the last `save` gave. */
  readonly version: bigint;
  /** Log rows that `state` contains: they are deleted with the same commit. */
  readonly logIds: readonly bigint[];
  /** [N1] `state` is the log up to this row. */
  readonly head: bigint;
}

export interface DocumentStore {
  /** Rejects when the database cannot answer. It must never give an empty document instead (TRAPS 1.1). */
  load(name: DocumentName): Promise<StoredDocument>;
  /** The snapshot's new version, or null when the tablo has moved on and nothing needs keeping. */
  save(name: DocumentName, snapshot: Snapshot): Promise<bigint | null>;
}
