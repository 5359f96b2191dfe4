/**
 * [R2] What was deleted is gone: from the rows at once or in portions, from document, log and snapshot by a move of the tablo to a fresh document, which takes no
 * deleted message along. That also happens in a quiet tablo and after a restart: the work is a row that was committed with the deletion.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type DocumentName, encodeDocumentName } from '@tablo/schema/document-name';
import type { Log } from '../base/log.ts';
import type { ErasureStore } from './erasure-store.ts';

/** Deletions of one tablo within this time share a move: each move costs its members a join. */
const GATHER_MS = 45_000;
const LOOK_MS = 15_000;
/** Memberships that end: rows that another transaction holds are tried again at the next look. */
const PORTIONS_A_LOOK = 20;
/** A tablo that cannot be moved now (another transaction holds its row) is moved later: the others do not wait for it longer than this. */
const MOVE_MS = 1_000;

export interface ErasureTiming {
  readonly gatherMs?: number;
  readonly lookMs?: number;
}

export interface ErasuresOptions extends ErasureTiming {
  readonly store: ErasureStore;
  /** Moves the tablo, if this is still its document. */
  readonly move: (name: DocumentName) => Promise<void>;
  readonly log: Log;
}

export interface Erasures {
  close(): void;
}

export function openErasures({ store, move, log, gatherMs = GATHER_MS, lookMs = LOOK_MS }: ErasuresOptions): Erasures {
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  const warn = (error: unknown): void => {
    if (!isClosed) log.warn({ err: error }, 'What was deleted could not be removed; it is tried again.');
  };
  /** Documents whose move is still in progress after a look. */
  const moving = new Set<string>();
  const tryMove = async (name: DocumentName): Promise<void> => {
    const key = encodeDocumentName(name);
    if (moving.has(key)) return;
    moving.add(key);
    const moved = move(name)
      .catch(warn)
      .finally(() => moving.delete(key));
    await Promise.race([moved, delay(MOVE_MS, undefined, { ref: false })]);
  };
  const steps: readonly (() => Promise<void>)[] = [
    async () => {
      while (!isClosed && (await store.removeRows()));
    },
    async () => {
      for (const name of await store.findDocuments(gatherMs)) if (!isClosed) await tryMove(name);
    },
    async () => {
      while (!isClosed && (await store.forgetDone()));
    },
    async () => {
      for (let nth = 0; nth < PORTIONS_A_LOOK && !isClosed && (await store.endMemberships()); nth += 1);
    },
  ];
  const plan = (): void => {
    timer = setTimeout(async () => {
      // A failed one (another transaction holds the row) does not stop the others.
      for (const step of steps) await step().catch(warn);
      if (!isClosed) plan();
    }, lookMs).unref();
  };
  plan();
  return {
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
