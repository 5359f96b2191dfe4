/** Counts what is limited on one message, together with what an update or a batch adds before it is durable. */
import type { MemberEntry } from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';
import type { Facts } from './admission.ts';

export type Counted = Pick<Facts, 'emojiOn' | 'ownEmojiOn' | 'editsOf'>;

export class Tally implements Counted {
  readonly #base: Counted;
  readonly #emoji = new Map<EntryId, Set<string>>();
  readonly #ownEmoji = new Map<string, Set<string>>();
  readonly #edits = new Map<EntryId, number>();

  constructor(base: Counted) {
    this.#base = base;
  }

  emojiOn(message: EntryId): ReadonlySet<string> {
    return this.#emoji.get(message) ?? this.#base.emojiOn(message);
  }

  ownEmojiOn(message: EntryId, user: UserId): ReadonlySet<string> {
    return this.#ownEmoji.get(`${message} ${user}`) ?? this.#base.ownEmojiOn(message, user);
  }

  editsOf(message: EntryId): number {
    return this.#edits.get(message) ?? this.#base.editsOf(message);
  }

  /** It is accepted. */
  note(entry: MemberEntry): void {
    if (entry.kind === 'edit') this.#edits.set(entry.target, this.editsOf(entry.target) + 1);
    if (entry.kind !== 'reaction') return;
    const { target, author, emoji } = entry;
    const own = this.ownEmojiOn(target, author);
    if (own.has(emoji)) return;
    this.#ownEmoji.set(`${target} ${author}`, new Set(own).add(emoji));
    const all = this.emojiOn(target);
    if (!all.has(emoji)) this.#emoji.set(target, new Set(all).add(emoji));
  }
}
