import { createDeletion, createEdit, createMessage, createReaction, type Entry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import { describe, expect, it } from 'vitest';
import type { Admission, Facts, KnownEntry } from './admission.ts';
import { admit } from './admit.ts';
import { Frontier } from './frontier.ts';
import { isKnown } from './held.ts';
import { type Deletion, Malformed, type Run, VOID } from './run.ts';

const tablo = '0197a000-0000-7000-8000-0000000000f1' as TabloId;
const otherTablo = '0197a000-0000-7000-8000-0000000000f2' as TabloId;
const [alice, bob, guest, admin, stranger] = ['a', 'b', 'c', 'd', 'e'].map(
  (x) => `00000000-0000-4000-8000-00000000000${x}` as UserId,
) as [UserId, UserId, UserId, UserId, UserId];
const roles = new Map<UserId, Role>([
  [alice, 'member'],
  [bob, 'member'],
  [guest, 'guest'],
  [admin, 'admin'],
]);
const id = (n: number) => `0197a000-0000-7000-8000-00000000${n.toString(16).padStart(4, '0')}` as EntryId;
const T = 1_700_000_000_000;
const by = (author: UserId, n: number) => ({ author, sentAt: T, id: id(n) });

/** Bob's message 1 and Alice's message 2 are durable here, Alice's message 3 in another tablo, Bob's edit 4 here; 8 is of an earlier release, which took texts that show nothing. */
const known = new Map<EntryId, KnownEntry>([
  [
    id(1),
    {
      tabloId: tablo,
      kind: 'message',
      author: bob,
      sentAt: T,
      shownAt: T,
      digest: JSON.stringify(['message', bob, 'one', null]),
    },
  ],
  [
    id(2),
    {
      tabloId: tablo,
      kind: 'message',
      author: alice,
      sentAt: T,
      shownAt: T,
      digest: JSON.stringify(['message', alice, 'two', null]),
    },
  ],
  [
    id(3),
    {
      tabloId: otherTablo,
      kind: 'message',
      author: alice,
      sentAt: T,
      shownAt: T,
      digest: JSON.stringify(['message', alice, 'three', null]),
    },
  ],
  [id(4), { tabloId: tablo, kind: 'edit', author: bob, sentAt: T, shownAt: T, digest: 'edit' }],
  [
    id(8),
    {
      tabloId: tablo,
      kind: 'message',
      author: alice,
      sentAt: T,
      shownAt: T,
      digest: JSON.stringify(['message', alice, '\u200B', null]),
    },
  ],
]);
const facts: Facts = {
  entry: (entry) => known.get(entry),
  epoch: (one) => (one === tablo ? 3 : null),
  role: (_, user) => roles.get(user) ?? null,
  emojiOn: () => new Set(),
  ownEmojiOn: () => new Set(),
  editsOf: () => 0,
  clientOwner: (_, client) => (client === 40 ? bob : null),
};

/**
 * Client 10 is Alice's, with 2 entries; client 20 is Bob's, with 5; client 30 is Bob's by awareness. Client 50 is Alice's, with an entry, one that was refused and another
 * entry; of client 60 all was refused.
 */
function createFrontier(): Frontier {
  const isVoid = (client: number, clock: number) => client === 60 || (client === 50 && clock === 1);
  const frontier = new Frontier({
    elementAt: (client, clock) => (isVoid(client, clock) ? VOID : hello((client === 20 ? 200 : 5) + clock)),
    voidUntil: (client, clock) => clock + (isVoid(client, clock) ? 1 : 0),
    isGap: (origin) => origin?.client === 50 && origin.clock === 0,
  });
  frontier.append(10, alice, 2);
  frontier.append(50, alice, 3);
  frontier.append(60, null, 1);
  frontier.append(20, bob, 5);
  frontier.claim(30, bob);
  return frontier;
}

const run = (entries: readonly unknown[], at: Partial<Run> = {}): Run => ({
  client: 99,
  clock: 0,
  origin: null,
  entries,
  ...at,
});
const decide = (
  runs: readonly Run[],
  userId: UserId = alice,
  at: Partial<{ tabloId: TabloId; epoch: number }> = {},
  deletions: readonly Deletion[] = [],
): Admission =>
  admit(
    { runs, deletions },
    { tabloId: tablo, epoch: 3, userId, ...at },
    createFrontier(),
    facts,
    (content) => content,
  );
/** How it ended, or the reason of what was refused first. */
function short(admission: Admission): string {
  if (admission.type === 'refused') return admission.refusal.code;
  return (admission.type === 'accepted' && admission.refusals[0]?.refusal.code) || admission.type;
}
const codesOf = (text: string): string => JSON.stringify([...text].map((char) => char.codePointAt(0)?.toString(16)));
const hello = (n = 100, author = alice): Entry => createMessage(by(author, n), 'hello');

describe('admit', () => {
  it.each<[string, Admission, string]>([
    ['a message', decide([run([hello()])]), 'accepted'],
    [
      'a message after an element that exists',
      decide([run([hello()], { origin: { client: 20, clock: 4 } })]),
      'accepted',
    ],
    [
      'the next entry of an own clientID',
      decide([run([hello()], { client: 10, clock: 2, origin: { client: 10, clock: 1 } })]),
      'accepted',
    ],
    ['what the server has already', decide([run([hello(5), hello(6)], { client: 10, clock: 0 })]), 'known'],
    ['no entries', decide([]), 'known'],
    ['an own edit', decide([run([createEdit(by(alice, 100), id(2), 'x')])]), 'accepted'],
    ["a reaction to anybody's message", decide([run([createReaction(by(alice, 100), id(1), '👍', true)])]), 'accepted'],
    [
      'a message and its edit in one update',
      decide([run([hello(100), createEdit(by(alice, 101), id(100), 'x')])]),
      'accepted',
    ],
    [
      "an admin's deletion of somebody's message",
      decide([run([createDeletion(by(admin, 100), id(1))])], admin),
      'accepted',
    ],
    [
      'two former clientIDs of one user, in whichever order',
      decide([run([hello(101)], { client: 98, origin: { client: 99, clock: 0 } }), run([hello(100)], { client: 99 })]),
      'accepted',
    ],
  ])('admit takes %s', (_, admission, outcome) => {
    expect(short(admission)).toBe(outcome);
  });

  it.each<[string, string, Admission, string]>([
    ['R3', 'a message by somebody else', decide([run([hello(100, bob)])]), 'not-your-entry'],
    [
      'R3',
      'an arrival',
      decide([run([{ kind: 'arrival', id: id(100), author: 'server', sentAt: T, of: [id(1)], at: T }])]),
      'not-your-entry',
    ],
    [
      'R3',
      "an own message under a colleague's clientID",
      decide([run([hello()], { client: 20, clock: 5 })]),
      'not-your-entry',
    ],
    [
      'R3',
      "an own message under a clientID seen in a colleague's awareness",
      decide([run([hello()], { client: 30 })]),
      'not-your-entry',
    ],
    [
      'R3',
      'an own message under a clientID that a colleague once showed, whom the document has forgotten',
      decide([run([hello()], { client: 40 })]),
      'not-your-entry',
    ],
    ['R3', "an edit of somebody's message", decide([run([createEdit(by(alice, 100), id(1), 'x')])]), 'not-your-entry'],
    [
      'R3',
      "an admin's edit of somebody's message",
      decide([run([createEdit(by(admin, 100), id(1), 'x')])], admin),
      'not-your-entry',
    ],
    [
      'R3',
      "a member's deletion of somebody's message",
      decide([run([createDeletion(by(alice, 100), id(1))])]),
      'not-your-entry',
    ],
    ['R2', 'a gap in an own clientID', decide([run([hello()], { client: 10, clock: 3 })]), 'invalid-update'],
    ['R2', 'a gap in a new clientID', decide([run([hello()], { clock: 1 })]), 'invalid-update'],
    [
      'R2',
      'an origin that does not exist',
      decide([run([hello()], { origin: { client: 20, clock: 5 } })]),
      'invalid-update',
    ],
    [
      'R2',
      'two runs that wait for each other',
      decide([
        run([hello(100)], { client: 98, origin: { client: 99, clock: 0 } }),
        run([hello(101)], { client: 99, origin: { client: 98, clock: 0 } }),
      ]),
      'invalid-update',
    ],
    [
      'R1',
      'other entries in the places of own earlier ones (a cloned profile)',
      decide([run([hello(5), hello(7)], { client: 10 })]),
      'invalid-update',
    ],
    ['R2', 'a malformed entry among good ones', decide([run([hello(), { kind: 'message' }])]), 'invalid-update'],
    [
      'R2',
      'an edit of a message that does not exist',
      decide([run([createEdit(by(alice, 100), id(77), 'x')])]),
      'invalid-update',
    ],
    [
      'R6',
      'an edit of an own message in another tablo',
      decide([run([createEdit(by(alice, 100), id(3), 'x')])]),
      'invalid-update',
    ],
    [
      'R2',
      'a reaction to an edit',
      decide([run([createReaction(by(alice, 100), id(4), '👍', true)])]),
      'invalid-update',
    ],
    ['R4', 'a used id with other text', decide([run([createMessage(by(alice, 2), 'other')])]), 'duplicate-id'],
    [
      'R4',
      'a used id with another time',
      decide([run([createMessage({ ...by(alice, 2), sentAt: T + 1 }, 'two')])]),
      'duplicate-id',
    ],
    ['R4', "somebody else's id", decide([run([createMessage(by(alice, 1), 'one')])]), 'duplicate-id'],
    ['R4', 'an id of another tablo', decide([run([createMessage(by(alice, 3), 'three')])]), 'duplicate-id'],
    ['R4', 'an id used for another kind', decide([run([createDeletion(by(alice, 2), id(2))])]), 'duplicate-id'],
    [
      'R4',
      'one id twice in an update, with other content',
      decide([run([hello(100), createMessage(by(alice, 100), 'other')])]),
      'duplicate-id',
    ],
    ['R6', "a stranger's message", decide([run([hello(100, stranger)])], stranger), 'forbidden'],
    ['R6', 'a message to a tablo that is gone', decide([run([hello()])], alice, { tabloId: otherTablo }), 'forbidden'],
    ['R3', "a guest's message", decide([run([hello(100, guest)])], guest), 'read-only'],
    ...['\u200B\u2060', '\u3164', '\u0301', '\uFFFC'].flatMap((text): [string, string, Admission, string][] => [
      [
        'R8',
        `a message that shows nothing (${codesOf(text)})`,
        decide([run([{ ...hello(), text }])]),
        'invalid-update',
      ],
      [
        'R8',
        `an edit that shows nothing (${codesOf(text)})`,
        decide([run([{ ...createEdit(by(alice, 100), id(2), 'x'), text }])]),
        'invalid-update',
      ],
      [
        'R8',
        `a reaction that shows nothing (${codesOf(text)})`,
        decide([run([{ ...createReaction(by(alice, 100), id(2), 'x', true), emoji: text }])]),
        'invalid-update',
      ],
    ]),
    ['R9', 'a message to a past epoch', decide([run([hello()])], alice, { epoch: 2 }), 'epoch-moved'],
  ])('[%s] admit refuses %s', (_, __, admission, code) => {
    expect(short(admission)).toBe(code);
  });

  it('[R4] admit takes the identical entry again, and knows it as repeated', () => {
    const admission = decide([run([createMessage(by(alice, 2), 'two'), hello(100), hello(100)])]);
    expect(admission).toMatchObject({
      type: 'accepted',
      fresh: [{ entry: { id: id(100) } }],
      repeated: [{ id: id(2) }, { id: id(100) }],
    });
  });

  it('[R4] admit takes again what an earlier release took, although it shows nothing', () => {
    const old = { kind: 'message', ...by(alice, 8), text: '\u200B' };
    expect(decide([run([old, hello(100)])])).toMatchObject({
      type: 'accepted',
      fresh: [{ entry: { id: id(100) } }],
      repeated: [{ id: id(8) }],
    });
  });

  it('[R8] admit names the entries of a refused update, but not those that the server has', () => {
    const admission = decide([run([hello(5), hello(6), hello(100, bob), hello(101)], { client: 10, clock: 0 })]);
    expect(admission).toMatchObject({ type: 'refused', ids: [id(100), id(101)] });
  });

  it('[R8] admit refuses single entries, each with its reason, takes the others, and makes the clocks of the refused ones void', () => {
    const entries = [
      hello(100),
      createMessage(by(alice, 2), 'other'),
      { ...hello(101), text: '' },
      createEdit(by(alice, 102), id(101), 'of a refused one'),
      new Malformed('An entry must be flat.', id(103)),
      createEdit(by(alice, 104), id(100), 'of an accepted one'),
      createMessage(by(alice, 1), 'other'),
    ];
    const admission = decide([run(entries)]);
    expect(admission).toMatchObject({
      type: 'accepted',
      runs: [{ entries: [entries[0], VOID, VOID, VOID, VOID, entries[5], VOID] }],
      fresh: [{ entry: { id: id(100) } }, { entry: { id: id(104) } }],
      refusals: [
        { refusal: { code: 'duplicate-id' }, ids: [id(2), id(1)] },
        { refusal: { code: 'invalid-update' }, ids: [id(101)] },
        { refusal: { message: 'The target is not a message of this tablo.' }, ids: [id(102)] },
        { refusal: { message: 'An entry must be flat.' }, ids: [id(103)] },
      ],
    });
  });

  it('[R1] admit never takes an entry for known whose clock is void, says what is wrong with it, and of the others what they are', () => {
    const again = run([hello(5), hello(6), hello(7)], { client: 50 });
    expect(decide([again])).toMatchObject({ type: 'accepted', runs: [], fresh: [], refusals: [{ ids: [id(6)] }] });
    expect(isKnown({ runs: [again], deletions: [] }, createFrontier())).toBe(false);
    const wrong = run([hello(5), createMessage(by(alice, 2), 'other')], { client: 50 });
    expect(decide([wrong])).toMatchObject({ refusals: [{ refusal: { code: 'duplicate-id' }, ids: [id(2)] }] });
    const more = decide([run([hello(5), hello(6), hello(7), hello(100)], { client: 50 })]);
    expect(more).toMatchObject({
      type: 'accepted',
      fresh: [{ entry: { id: id(100) } }],
      refusals: [{ refusal: { code: 'invalid-update' }, ids: [id(6)] }],
    });
  });

  it('[R2] admit knows the deletions that are its own, and refuses all others with all that comes with them', () => {
    const own = { client: 50, clock: 1, length: 1 };
    expect(decide([], alice, {}, [own])).toEqual({ type: 'known' });
    expect(decide([run([hello(5), VOID, hello(7)], { client: 50 })], alice, {}, [own])).toEqual({ type: 'known' });
    expect(decide([run([hello(100)])], alice, {}, [own])).toMatchObject({ type: 'accepted', refusals: [] });
    const others: readonly Deletion[] = [
      { client: 50, clock: 0, length: 1 },
      { client: 50, clock: 0, length: 3 },
      { client: 50, clock: 1, length: 2 ** 50 },
      { client: 20, clock: 0, length: 1 },
      // What neither of the two has.
      { client: 97, clock: 0, length: 1 },
    ];
    for (const other of others) {
      // Nothing is wrong with the entries that come along: none is named.
      for (const one of [decide([], alice, {}, [other]), decide([run([hello(100)])], alice, {}, [other])])
        expect(one).toMatchObject({ type: 'refused', refusal: { code: 'invalid-update' }, ids: [] });
    }
    expect(decide([run([VOID, hello(6), hello(7)], { client: 50 })])).toMatchObject({ type: 'refused', ids: [] });
  });

  it('[R2] [R3] admit takes void clocks under a clientID of the sender’s own, and never somebody else’s', () => {
    expect(decide([run([VOID, hello(100)])])).toMatchObject({
      type: 'accepted',
      runs: [{ entries: [VOID, hello(100)] }],
    });
    expect(decide([run([VOID], { client: 50, clock: 3, origin: { client: 50, clock: 2 } })])).toMatchObject({
      type: 'accepted',
      runs: [{ entries: [VOID] }],
    });
    const mine: Facts = { ...facts, clientOwner: (_, client) => (client === 60 ? alice : null) };
    const more = { runs: [run([VOID], { client: 60, clock: 1, origin: null })], deletions: [] };
    const applicant = { tabloId: tablo, epoch: 3, userId: alice };
    expect(short(admit(more, applicant, createFrontier(), mine, (content) => content))).toBe('accepted');
    for (const client of [20, 30, 98]) {
      const clock = client === 20 ? 5 : 0;
      const other = decide([run([hello(100)]), run([VOID], { client, clock, origin: { client: 99, clock: 0 } })]);
      expect(other).toMatchObject({ type: 'refused', refusal: { code: 'not-your-entry' }, ids: [] });
    }
  });

  it('[R2] admit takes what comes right after the last entry, in front of deleted ones, and nothing that comes in front of an entry', () => {
    const origin = { client: 50, clock: 0 };
    const rightOrigin = { client: 50, clock: 1 };
    const at = (one: Partial<Run>) => short(decide([run([hello()], { origin, rightOrigin, ...one })]));
    expect(at({})).toBe('accepted');
    expect(at({ rightOrigin: { client: 50, clock: 0 } })).toBe('invalid-update');
    expect(at({ rightOrigin: { client: 50, clock: 3 } })).toBe('invalid-update');
    expect(at({ rightOrigin: { client: 99, clock: 0 } })).toBe('invalid-update');
    // Not a gap in which anything could have been put.
    expect(at({ origin: { client: 20, clock: 0 } })).toBe('invalid-update');
    const next = run([hello(101)], { clock: 1, origin: { client: 99, clock: 0 }, rightOrigin });
    expect(short(decide([run([hello()], { origin, rightOrigin }), next]))).toBe('accepted');
    expect(short(decide([run([hello()], { origin }), next]))).toBe('invalid-update');
  });

  it("[R3] admit asks the database whose a clientID is of which all was refused, and makes no clock void among others' entries", () => {
    expect(short(decide([run([hello()], { client: 60, clock: 1 })]))).toBe('accepted');
    const owned: Facts = { ...facts, clientOwner: (_, client) => (client === 60 ? bob : null) };
    const applicant = { tabloId: tablo, epoch: 3, userId: alice };
    const update = { runs: [run([hello()], { client: 60, clock: 1 })], deletions: [] };
    expect(short(admit(update, applicant, createFrontier(), owned, (content) => content))).toBe('not-your-entry');
    const admission = decide([run([{ ...hello(100, bob), text: '' }, hello(101)])]);
    expect(admission).toMatchObject({ type: 'refused', refusal: { code: 'not-your-entry' }, ids: [id(100), id(101)] });
  });

  it('admit looks only at what is new of a run that overlaps', () => {
    const admission = decide([run([hello(5), hello(6), hello()], { client: 10, clock: 0 })]);
    expect(admission).toMatchObject({
      type: 'accepted',
      runs: [{ client: 10, clock: 2, origin: { client: 10, clock: 1 } }],
    });
  });
});
