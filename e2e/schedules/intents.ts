// What people wanted: every message that somebody wrote, by a key in its text (`m7` in `m7.2`, its third version), and what is owed to it at the end.
// Ids do not serve: a pending message that is edited gets a new one.
import type { EntryId, UserId } from '@tablo/schema/ids';

export interface Intent {
  readonly key: string;
  readonly author: UserId;
  /** Device and tab that wrote it. */
  readonly writer: string;
  versions: number;
  /** Everything asked of it has been stored; otherwise its tab died in the middle and it may be there or not. */
  isStored: boolean;
  isRemoved: boolean;
  isDiscarded: boolean;
  /** More than one tab had a hand in it, or one died in the middle of a change: which of them wins is not ours to say. */
  isContested: boolean;
  /** On the writer's screen when it was written, with what was not durable then. */
  readonly seen: readonly { readonly id: EntryId; readonly key: string | null; readonly wasSent: boolean }[];
}

export class Intents {
  readonly all = new Map<string, Intent>();

  add(author: UserId, writer: string, seen: Intent['seen']): Intent {
    const intent: Intent = {
      key: `m${this.all.size}`,
      author,
      writer,
      versions: 1,
      isStored: false,
      isRemoved: false,
      isDiscarded: false,
      isContested: false,
      seen,
    };
    this.all.set(intent.key, intent);
    return intent;
  }

  of(text: string): Intent | null {
    const key = keyOf(text);
    return key === null ? null : (this.all.get(key) ?? null);
  }
}

export const textOf = (intent: Intent, version = intent.versions - 1): string => `${intent.key}.${version}`;

export function keyOf(text: string): string | null {
  return /^(m\d+)\.\d+$/.exec(text)?.[1] ?? null;
}
