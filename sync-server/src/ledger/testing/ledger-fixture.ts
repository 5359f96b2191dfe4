/** People, tablos and documents for tests of the ledger, on whichever store. */

import type { Refusal } from '@tablo/schema/close-codes';
import { encodeDocumentName } from '@tablo/schema/document-name';
import { createMessage, type MemberEntry } from '@tablo/schema/entry';
import type { TabloId, UserId } from '@tablo/schema/ids';
import * as Y from 'yjs';
import { decodeUpdate } from '../../admission/decode-update.ts';
import type { Outcome, Submission } from '../commit/submission.ts';
import type { CommitNews } from '../store/commit-news.ts';
import { EMPTY_STATE, LiveDocument, type LoadedState } from '../store/live-document.ts';

export const alice = '00000000-0000-4000-8000-00000000000a' as UserId;
export const bob = '00000000-0000-4000-8000-00000000000b' as UserId;
export const carol = '00000000-0000-4000-8000-00000000000c' as UserId;

export interface Loaded {
  readonly live: LiveDocument;
  readonly doc: Y.Doc;
  readonly news: CommitNews[];
  hasMoved: boolean;
  /** Why it was given up. */
  broken: unknown;
  /** How often nothing was waited for any more. */
  idle: number;
}

export function load(tabloId: TabloId, epoch = 1, doc = new Y.Doc(), state: LoadedState = EMPTY_STATE): Loaded {
  const news: CommitNews[] = [];
  const loaded: Loaded = {
    doc,
    news,
    hasMoved: false,
    broken: null,
    idle: 0,
    live: new LiveDocument({ tabloId, epoch }, doc, state, {
      onCommitted: (one) => news.push(one),
      onMoved: () => {
        loaded.hasMoved = true;
      },
      onBroken: (error) => {
        loaded.broken = error;
      },
      onIdle: () => {
        loaded.idle += 1;
      },
    }),
  };
  return loaded;
}

/** A member's own replica: pushes like a client, and gives the bytes that it would send. */
export class Replica {
  readonly doc = new Y.Doc();
  readonly author: UserId;

  constructor(author: UserId) {
    this.author = author;
  }

  push(...entries: readonly unknown[]): Uint8Array {
    const before = Y.encodeStateVector(this.doc);
    this.doc.getArray('messages').push([...entries]);
    return Y.encodeStateAsUpdate(this.doc, before);
  }

  pull(from: Y.Doc): void {
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(from));
  }

  message(text: string, sentAt: number): MemberEntry {
    return createMessage({ author: this.author, sentAt }, text);
  }
}

export function submissionOf(
  document: LiveDocument,
  userId: UserId,
  update: Uint8Array,
  receivedAt: number,
): Submission {
  const decoded = decodeUpdate(update);
  if (!decoded.ok) throw new Error(decoded.error.message);
  return { type: 'update', document, userId, receivedAt, update, decoded: decoded.value };
}

/** The reason of what was refused first, of all of it or of an entry; otherwise how it ended. */
export function refusalOf(outcome: Outcome): Refusal | null {
  if (outcome.type === 'refused') return outcome.refusal;
  return outcome.type === 'committed' ? (outcome.refusals[0]?.refusal ?? null) : null;
}

export const codeOf = (outcome: Outcome): string => refusalOf(outcome)?.code ?? outcome.type;

export const entriesOf = (doc: Y.Doc): readonly unknown[] => doc.getArray('messages').toArray();
export const nameOf = ({ tabloId, epoch }: LiveDocument): string => encodeDocumentName({ tabloId, epoch });
