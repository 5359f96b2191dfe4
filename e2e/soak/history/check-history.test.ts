import { createEdit, createMessage, type Entry, encodeEntryContent, type MemberEntry } from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';
import { digestContent } from '@tablo/sync-server/ledger/store/digest';
import { expect, it } from 'vitest';
import { Book } from './book.ts';
import { checkHistory } from './check-history.ts';
import type { TabloOnRecord } from './record.ts';

const author = '00000000-0000-4000-8000-00000000000a' as UserId;
const T = 1_700_000_000_000;

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? { -readonly [P in keyof E]: E[P] }[] : T[K];
};

/** Three messages and an edit, all acknowledged, seen, and on record as they were written. */
function history(): { book: Book; tablo: Mutable<TabloOnRecord>; written: MemberEntry[] } {
  const messages = [0, 1, 2].map((nth) => createMessage({ author, sentAt: T + nth }, `text ${nth}`));
  const written = [...messages, createEdit({ author, sentAt: T + 9 }, messages[0]!.id, 'edited')];
  const book = new Book();
  for (const entry of written) {
    book.written.set(entry.id, { entry, tabloId: 'a', device: 1 });
    book.acknowledge([entry.id]);
    book.see(entry, 1);
  }
  const digest = (entry: MemberEntry) => digestContent(encodeEntryContent(entry));
  return {
    book,
    written,
    tablo: {
      id: 'a',
      epoch: 1,
      lastSeq: 3,
      entries: written.map((entry) => ({ id: entry.id, kind: entry.kind, author, digest: digest(entry) })),
      messages: messages.map(({ id, text }, nth) => ({ id, author, text: nth === 0 ? 'edited' : text, seq: nth + 1 })),
      document: [...written] as Entry[],
    },
  };
}

it('finds nothing in a history where nothing is wrong, entries sent twice included', () => {
  const { book, tablo, written } = history();
  expect(checkHistory(book, [{ ...tablo, document: [...tablo.document, written[1]!] }])).toEqual([]);
});

type Tamper = (story: ReturnType<typeof history>) => void;
const cases: readonly (readonly [what: string, tamper: Tamper, faults: readonly string[]])[] = [
  ['an id acknowledged that is on record nowhere', ({ book }) => book.acknowledge(['x' as EntryId]), ['lost']],
  ['a message row that is gone', ({ tablo }) => tablo.messages.pop(), ['lost', 'seq-gap']],
  ['an entry that is gone from SQL', ({ tablo }) => tablo.entries.pop(), ['lost', 'not-durable']],
  ['an entry that is gone from the document', ({ tablo }) => tablo.document.pop(), ['lost-from-document']],
  [
    'something seen that was never stored',
    ({ book }) => book.see(createMessage({ author, sentAt: T }, 'x'), 1),
    ['not-durable'],
  ],
  [
    'a row doubled under another id',
    ({ tablo }) => tablo.messages.push({ ...tablo.messages[2]!, id: 'x' as EntryId, seq: 4 }),
    ['doubled', 'seq-gap', 'unknown'],
  ],
  [
    'an entry doubled in the document under another id',
    ({ tablo, written }) =>
      tablo.document.push({ ...written[1]!, id: '00000000-0000-4000-8000-0000000000ff' as EntryId } as never),
    ['doubled', 'unknown'],
  ],
  ['another content on record', ({ tablo }) => Object.assign(tablo.entries[1]!, { digest: 'x' }), ['changed']],
  [
    'another text in the document',
    ({ tablo, written }) => tablo.document.splice(1, 1, { ...written[1]!, text: 'x' } as never),
    ['changed'],
  ],
  [
    'one id seen with two contents',
    ({ book, written }) => book.see({ ...written[1]!, text: 'x' } as never, 1),
    ['changed'],
  ],
  ['a gap in the numbers', ({ tablo }) => Object.assign(tablo.messages[2]!, { seq: 4 }), ['seq-gap']],
  ['a wrong last_seq', ({ tablo }) => Object.assign(tablo, { lastSeq: 4 }), ['seq-gap']],
  [
    'two messages that changed places',
    ({ tablo }) => tablo.messages.splice(0, 2, { ...tablo.messages[1]!, seq: 1 }, { ...tablo.messages[0]!, seq: 2 }),
    ['misordered'],
  ],
  [
    'a message in another tablo',
    ({ book, written }) => void book.written.set(written[1]!.id, { entry: written[1]!, tabloId: 'b', device: 1 }),
    ['misplaced'],
  ],
];
for (const [what, tamper, faults] of cases) {
  it(`reports ${what}`, () => {
    const story = history();
    tamper(story);
    expect([...new Set(checkHistory(story.book, [story.tablo]).map(({ fault }) => fault))].sort()).toEqual(faults);
  });
}
