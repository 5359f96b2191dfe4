import { createRefusal, type ReasonCode } from '@tablo/schema/close-codes';
import { createMessage, createReaction, type Entry, type MemberEntry } from '@tablo/schema/entry';
import type { EntryId, TabloId, UserId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import type { Home } from '../replica/room-home.ts';
import type { OutboxDelivery, OutboxRecord } from '../store/local-store.ts';
import {
  type DeliveryEvent,
  type DeliveryState,
  type DocumentView,
  type Effect,
  INITIAL_STATE,
  type Wait,
  type World,
} from './delivery-state.ts';
import { step } from './step.ts';

const ME = 'aaaaaaaa-0000-4000-8000-0000000000a1' as UserId;
const BOB = 'bbbbbbbb-0000-4000-8000-0000000000b2' as UserId;
const CLOSED = createRefusal('forbidden');
const GRACE_MS = 1_000;

const idOf = (nth: number) => `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}` as EntryId;
const message = (nth: number, author = ME, text = `words ${nth}`) =>
  createMessage({ id: idOf(nth), author, sentAt: nth }, text);
const [a, b, c, d] = [1, 2, 3, 4].map((nth) => message(nth)) as [MemberEntry, MemberEntry, MemberEntry, MemberEntry];
const theirs = message(9, BOB);
const LIKE = createReaction({ id: idOf(10), author: ME, sentAt: 10 }, theirs.id, '👍', true);

const record = (
  entry: MemberEntry,
  delivery: OutboxDelivery = { status: 'pending' },
  owner = 'here',
): OutboxRecord => ({
  ...{ id: entry.id, tabloId: 'tablo' as TabloId, entry, delivery, createdAt: 0, owner },
});
const isRefused = (code: ReasonCode): OutboxDelivery => ({ status: 'refused', refusal: createRefusal(code) });
const isReplacedBy = (entry: MemberEntry | null): OutboxDelivery => ({
  ...{ status: 'withdrawn', replacedBy: entry?.id ?? null, at: 0 },
});
const document = (...entries: Entry[]): DocumentView => ({
  entries,
  get: (id) => entries.find((entry) => entry.id === id) ?? null,
});

/** The outbox holds `records`, all that are pending may be pushed, and nothing else is known, but for what is named. */
function worldOf(records: readonly OutboxRecord[], rest: Partial<World> = {}): World {
  return {
    ...{ user: ME, records, ready: records.filter(({ delivery }) => delivery.status === 'pending') },
    ...{ document: document(), held: [], takenOut: [], ownerGraceMs: GRACE_MS, now: 0, closed: null },
    tab: { id: 'here', isFirst: true, isAlive: () => true },
    ...rest,
  };
}

const idsOf = (entries: readonly Entry[]) => entries.map(({ id }) => id);
const push = (...entries: MemberEntry[]): Effect => ({ type: 'push', entries });
const check = (...entries: Entry[]): Effect => ({ type: 'check', ids: idsOf(entries) });
const release = (...entries: Entry[]): Effect => ({ type: 'release', ids: idsOf(entries) });
const settle = (...entries: Entry[]): Effect => ({ type: 'settle', ids: idsOf(entries), shownAt: {} });
const refuse = (code: ReasonCode, ...entries: Entry[]): Effect => ({
  ...{ type: 'refuse', ids: idsOf(entries), refusal: createRefusal(code) },
});
const holdAgain = (...entries: MemberEntry[]): Effect => ({ type: 'hold-again', entries });
const replace = (from: Home, ...again: MemberEntry[]): Effect => ({ type: 'replace-document', from, again });
const wait = (wait: Wait): Effect => ({ type: 'wait', wait });
const hold = (failures = 0): Effect => ({ type: 'wait', wait: 'hold', failures });
const stop = (wait: Wait): Effect => ({ type: 'stop-waiting', wait });
const refused = (code: ReasonCode, ...entries: Entry[]): DeliveryEvent => ({
  ...{ type: 'refused', code, message: createRefusal(code).message, ids: idsOf(entries) },
});
const committed = (...entries: Entry[]): DeliveryEvent => ({ type: 'committed', messages: idsOf(entries), others: [] });
const answer = (...entries: Entry[]): DeliveryEvent => ({ type: 'committed', messages: [], others: idsOf(entries) });
const waited = (wait: Wait): DeliveryEvent => ({ type: 'waited', wait });
const changed: DeliveryEvent = { type: 'outbox-changed', sent: [] };

const away = INITIAL_STATE;
const open: DeliveryState = { ...away, phase: 'open', isJoined: true, waits: new Set<Wait>(['ask']) };
const checking = (...asked: Entry[]): DeliveryState => ({
  ...open,
  ...{ phase: 'checking', asked: new Set(idsOf(asked)), answersLeft: 1, checks: 1 },
  waits: new Set<Wait>(['ask', 'answer']),
});
const holding = (state: DeliveryState): DeliveryState => ({
  ...state,
  waits: new Set([...state.waits, 'hold' as const]),
});

interface Row {
  readonly title: string;
  readonly state: DeliveryState;
  readonly event: DeliveryEvent;
  readonly world: World;
  readonly effects: readonly Effect[];
  readonly after?: Partial<DeliveryState>;
}

const TABLE: Readonly<Record<string, readonly Row[]>> = {
  joining: [
    {
      title: '[R4] a join asks what the server holds before anything is pushed',
      state: away,
      event: { type: 'joined' },
      world: worldOf([record(a), record(b)]),
      effects: [wait('ask'), check(a, b), wait('answer')],
      after: { phase: 'checking', isJoined: true, answersLeft: 1 },
    },
    {
      title: 'a join opens the way at once when nothing is doubtful',
      state: away,
      event: { type: 'joined' },
      world: worldOf([]),
      effects: [wait('ask')],
      after: { phase: 'open', isJoined: true },
    },
    {
      title: '[R8] a join asks for withdrawn entries too, and not for refused ones or those that were made good',
      state: away,
      event: { type: 'joined' },
      world: worldOf([
        record(a, isReplacedBy(null)),
        record(b, isRefused('too-large')),
        record(c, { status: 'withdrawn', replacedBy: null, at: 0, isSettled: true }),
      ]),
      effects: [wait('ask'), check(a), wait('answer')],
    },
    {
      title: '[R8] a join sends again what was refused while the link was cut, so that the reason is told',
      state: away,
      event: { type: 'joined' },
      world: worldOf([record(a), record(b)], { held: [a.id, b.id], takenOut: [a.id] }),
      effects: [release(a), wait('ask'), check(a, b), wait('answer')],
    },
    {
      title: '[R11] a join asks nothing while a refusal holds it back',
      state: holding(away),
      event: { type: 'joined' },
      world: worldOf([record(a)]),
      effects: [wait('ask')],
      after: { phase: 'away', isJoined: true },
    },
    {
      title: '[R1] a lost link ends the phase and its waits, and a refusal’s wait goes on',
      state: holding(checking(a)),
      event: { type: 'left' },
      world: worldOf([record(a)]),
      effects: [stop('answer'), stop('ask')],
      after: { phase: 'away', isJoined: false, waits: new Set<Wait>(['hold']) },
    },
    {
      title: '[R1] a document that is entered settles the records of what it has stored',
      state: away,
      event: { type: 'entered' },
      world: worldOf([record(a), record(b)], { document: document(theirs, a) }),
      effects: [settle(a)],
    },
  ],
  checking: [
    {
      title: '[R4] the answer to a check opens the way for what the server does not hold',
      state: checking(a, b),
      event: answer(),
      world: worldOf([record(a), record(b)]),
      effects: [stop('answer'), push(a, b)],
      after: { phase: 'open', answersLeft: 0 },
    },
    {
      title: '[R4] an answer that settles something pushes nothing before the outbox has changed',
      state: checking(a, b),
      event: answer(a),
      world: worldOf([record(a), record(b)]),
      effects: [settle(a), stop('answer')],
      after: { phase: 'open' },
    },
    {
      title: 'news of messages, or of others’ entries, is not taken for the answer to a check',
      state: checking(a),
      event: committed(theirs),
      world: worldOf([record(a)]),
      effects: [],
      after: { phase: 'checking', answersLeft: 1 },
    },
    {
      title: 'news of others’ reactions is not taken for the answer to a check',
      state: checking(a),
      event: answer(theirs),
      world: worldOf([record(a)]),
      effects: [],
      after: { phase: 'checking', answersLeft: 1 },
    },
    {
      title: 'the first of two answers does not open the way',
      state: { ...checking(a), answersLeft: 2 },
      event: answer(),
      world: worldOf([record(a)]),
      effects: [],
      after: { phase: 'checking', answersLeft: 1 },
    },
    {
      title: '[R4] a check that stays without an answer is made again',
      state: checking(a),
      event: waited('answer'),
      world: worldOf([record(a)]),
      effects: [check(a), wait('answer')],
      after: { phase: 'checking', checks: 2 },
    },
    {
      title: '[R8] the fourth check without an answer opens the way: an id counts once [R4]',
      state: { ...checking(a), checks: 4 },
      event: waited('answer'),
      world: worldOf([record(a)]),
      effects: [push(a)],
      after: { phase: 'open' },
    },
    {
      title: '[R4] a message that was rewritten is asked for before what it was rewritten to is pushed',
      state: open,
      event: changed,
      world: worldOf([record(a, isReplacedBy(b)), record(b)]),
      effects: [check(a, b), wait('answer')],
      after: { phase: 'checking', askedReplaced: new Set([a.id]) },
    },
    {
      title: '[R4] a message that was rewritten is asked for once',
      state: { ...open, askedReplaced: new Set([a.id]) },
      event: changed,
      world: worldOf([record(a, isReplacedBy(b)), record(b)]),
      effects: [push(b)],
    },
    {
      title: 'a message that was cancelled holds nothing back',
      state: open,
      event: changed,
      world: worldOf([record(a, isReplacedBy(null)), record(b)]),
      effects: [push(b)],
    },
  ],
  pushing: [
    {
      title: 'a new entry is pushed at once when the way is open',
      state: { ...open, waits: new Set<Wait>() },
      event: changed,
      world: worldOf([record(a)]),
      effects: [push(a), wait('ask')],
    },
    {
      title: '[R1] nothing is pushed while the room is not joined',
      state: away,
      event: changed,
      world: worldOf([record(a)]),
      effects: [],
    },
    {
      title: '[R11] nothing is pushed while a refusal holds it back',
      state: holding(open),
      event: changed,
      world: worldOf([record(a)]),
      effects: [],
    },
    {
      title: '[R4] what is in flight, or on the document, is not pushed again',
      state: open,
      event: changed,
      world: worldOf([record(a), record(b), record(c)], { held: [a.id], document: document(b) }),
      effects: [push(c)],
    },
    {
      title: '[R8] what is not on the disk yet is not pushed',
      state: open,
      event: changed,
      world: worldOf([record(a), record(b)], { ready: [record(a)] }),
      effects: [push(a)],
    },
    {
      title: '[R1] what is in flight for long is asked for, again and again',
      state: { ...open, waits: new Set<Wait>(['ask']) },
      event: waited('ask'),
      world: worldOf([record(a)], { held: [a.id] }),
      effects: [check(a), wait('ask')],
    },
    {
      title: 'nothing is asked for when nothing is in flight',
      state: { ...open, waits: new Set<Wait>(['ask']) },
      event: waited('ask'),
      world: worldOf([]),
      effects: [],
      after: { waits: new Set<Wait>() },
    },
    {
      title: '[R5] what another living tab has written is left to it, with all that was written later',
      state: open,
      event: changed,
      world: worldOf([record(a), record(b, { status: 'pending' }, 'other'), record(c)], { now: 500 }),
      effects: [wait('grace'), push(a)],
      after: { leftSince: new Map([[b.id, 500]]) },
    },
    {
      title: '[R8] what another tab has not pushed in its time is pushed here',
      state: { ...open, leftSince: new Map([[a.id, 0]]) },
      event: waited('grace'),
      world: worldOf([record(a, { status: 'pending' }, 'other')], { now: GRACE_MS }),
      effects: [push(a)],
    },
    {
      title: '[R8] what a dead tab has left is pushed by the first tab at once',
      state: open,
      event: { type: 'tab-gone' },
      world: worldOf([record(a, { status: 'pending' }, 'gone')], {
        tab: { id: 'here', isFirst: true, isAlive: () => false },
      }),
      effects: [push(a)],
    },
    {
      title: '[R4] what a dead tab has left is left to the first tab',
      state: open,
      event: { type: 'tab-gone' },
      world: worldOf([record(a, { status: 'pending' }, 'gone')], {
        tab: { id: 'here', isFirst: false, isAlive: () => false },
      }),
      effects: [wait('grace')],
    },
    {
      title: 'the user’s wish to try again ends the wait after a refusal',
      state: holding({ ...open, phase: 'away' }),
      event: { type: 'retry' },
      world: worldOf([record(a)]),
      effects: [stop('hold'), check(a), wait('answer')],
    },
    {
      title: 'the user’s wish to try again asks nothing before the room is joined',
      state: holding(away),
      event: { type: 'retry' },
      world: worldOf([record(a)]),
      effects: [stop('hold')],
      after: { phase: 'away' },
    },
  ],
  durable: [
    {
      title: '[R1] what the server names leaves the outbox, and failures are forgotten',
      state: { ...open, failures: 3, authRefusals: 1 },
      event: committed(a),
      world: worldOf([record(a), record(b)], { held: [a.id, b.id] }),
      effects: [release(a), settle(a)],
      after: { phase: 'open', failures: 0, authRefusals: 0 },
    },
    {
      title: '[R1] what the document brings of ours leaves the outbox, and others’ entries settle nothing',
      state: open,
      event: { type: 'received', entries: [theirs, a] },
      world: worldOf([record(a)]),
      effects: [settle(a)],
    },
    {
      title: '[R11] what another tab has settled makes room for more in flight',
      state: open,
      event: committed(a),
      world: worldOf([record(b)], { held: [a.id] }),
      effects: [release(a), push(b)],
    },
    {
      title: 'news of others’ entries changes nothing',
      state: { ...open, failures: 3 },
      event: committed(theirs),
      world: worldOf([record(a)], { held: [a.id] }),
      effects: [],
      after: { failures: 3 },
    },
    {
      title: '[R8] a withdrawn entry that turns out durable is settled, so that its change is made good',
      state: checking(a),
      event: answer(a),
      world: worldOf([record(a, isReplacedBy(null))]),
      effects: [settle(a), stop('answer')],
    },
    {
      title: '[R4] a withdrawn entry whose change was made good is settled once',
      state: open,
      event: committed(a),
      world: worldOf([record(a, { status: 'withdrawn', replacedBy: null, at: 0, isSettled: true })]),
      effects: [],
    },
    {
      title: '[R1] what another tab tells to be durable is in flight no more',
      state: open,
      event: { type: 'outbox-changed', sent: [a.id] },
      world: worldOf([], { held: [a.id] }),
      effects: [release(a)],
    },
  ],
  'taken back': [
    {
      title: '[R8] a document that holds what its author has taken back is replaced',
      state: open,
      event: changed,
      world: worldOf([record(a, isReplacedBy(null)), record(b)], { held: [a.id] }),
      effects: [stop('ask'), replace('stored')],
      after: { phase: 'away', isJoined: false },
    },
    {
      title: '[R8] a document that holds what is not in the outbox any more is replaced',
      state: open,
      event: changed,
      world: worldOf([], { held: [a.id] }),
      effects: [stop('ask'), replace('stored')],
    },
  ],
  'a refusal': [
    {
      title: '[R8] of what the server has taken out is laid on it, and the document stays',
      state: open,
      event: refused('invalid-update', a),
      world: worldOf([record(a), record(b)], { held: [a.id, b.id], takenOut: [a.id] }),
      effects: [release(a), refuse('invalid-update', a), check(a, b), wait('answer')],
      after: { phase: 'checking', isJoined: true },
    },
    {
      title: '[R8] of what the server has taken out is laid on it also while nothing is open',
      state: away,
      event: refused('invalid-update', a),
      world: worldOf([record(a)], { takenOut: [a.id] }),
      effects: [refuse('invalid-update', a)],
      after: { phase: 'away' },
    },
    {
      title: '[R11] of what the server has taken out asks nothing while another refusal holds it back',
      state: holding(open),
      event: refused('invalid-update', a),
      world: worldOf([record(a)], { held: [a.id], takenOut: [a.id] }),
      effects: [release(a), refuse('invalid-update', a)],
      after: { phase: 'open' },
    },
    {
      title: '[R8] of one entry is laid on it, and the document is replaced',
      state: open,
      event: refused('invalid-update', a),
      world: worldOf([record(a), record(b)], { held: [a.id, b.id] }),
      effects: [refuse('invalid-update', a), stop('ask'), replace('stored')],
      after: { phase: 'away', isJoined: false, suspects: [] },
    },
    {
      title: '[R8] that names nothing is narrowed down by halves',
      state: open,
      event: refused('invalid-update'),
      world: worldOf([record(a), record(b), record(c)], { held: [a.id, b.id, c.id] }),
      effects: [stop('ask'), replace('stored')],
      after: { suspects: [[a.id, b.id], [c.id]] },
    },
    {
      title: '[R8] of a half is narrowed down further, before the other half',
      state: { ...open, suspects: [[a.id, b.id], [c.id]] },
      event: refused('too-large'),
      world: worldOf([record(a), record(b), record(c)], { held: [a.id, b.id] }),
      effects: [stop('ask'), replace('stored')],
      after: { suspects: [[a.id], [b.id], [c.id]] },
    },
    {
      title: '[R8] that was narrowed down to one entry is laid on it',
      state: { ...open, suspects: [[a.id], [b.id]] },
      event: refused('duplicate-id'),
      world: worldOf([record(a), record(b)], { held: [a.id] }),
      effects: [refuse('duplicate-id', a), stop('ask'), replace('stored')],
      after: { suspects: [[b.id]] },
    },
    {
      title: '[R8] read-only refuses all that is in flight',
      state: open,
      event: refused('read-only'),
      world: worldOf([record(a), record(b)], { held: [a.id, b.id] }),
      effects: [refuse('read-only', a, b), stop('ask'), replace('stored')],
    },
    {
      title: '[R8] read-only refuses nothing when nothing is in flight',
      state: open,
      event: refused('read-only'),
      world: worldOf([record(a)]),
      effects: [stop('ask'), replace('stored')],
    },
    {
      title: '[R11] that says "later" holds back, refuses nothing, and is answered ever later',
      state: { ...open, failures: 2 },
      event: refused('unavailable'),
      world: worldOf([record(a)], { held: [a.id] }),
      effects: [hold(2), stop('ask'), replace('stored')],
      after: { failures: 3, suspects: [] },
    },
    {
      title: '[R11] of a question alone holds the question back, in place',
      state: checking(a),
      event: refused('rate-limited'),
      world: worldOf([record(a)]),
      effects: [hold(), stop('answer')],
      after: { phase: 'away', isJoined: true },
    },
    {
      title: '[R11] that says "later" while something is in flight is not about the question alone',
      state: checking(b),
      event: refused('unavailable'),
      world: worldOf([record(a), record(b)], { held: [a.id] }),
      effects: [hold(), stop('answer'), stop('ask'), replace('stored')],
    },
    {
      title: '[R11] that held a question back is followed by the question',
      state: holding({ ...open, phase: 'away' }),
      event: waited('hold'),
      world: worldOf([record(a)]),
      effects: [check(a), wait('answer')],
      after: { phase: 'checking' },
    },
    {
      title: 'of a token asks for a new one, once at once',
      state: open,
      event: refused('token-expired'),
      world: worldOf([record(a)], { held: [a.id] }),
      effects: [{ type: 'expire-token' }, stop('ask'), replace('stored')],
      after: { authRefusals: 1 },
    },
    {
      title: 'of a second token in a row holds back',
      state: { ...open, authRefusals: 1 },
      event: refused('token-expired'),
      world: worldOf([record(a)], { held: [a.id] }),
      effects: [{ type: 'expire-token' }, hold(), stop('ask'), replace('stored')],
      after: { authRefusals: 2 },
    },
    {
      title: '[R9] that tells of a new epoch asks the list where to',
      state: open,
      event: refused('epoch-moved', a),
      world: worldOf([record(a)], { held: [a.id] }),
      effects: [{ type: 'refresh-list' }, stop('ask'), replace('stored')],
    },
  ],
  suspects: [
    {
      title: '[R8] are pushed alone, the first group before the others',
      state: { ...open, suspects: [[a.id], [b.id, c.id]] },
      event: changed,
      world: worldOf([record(a), record(b), record(c), record(d)]),
      effects: [push(a)],
      after: { suspects: [[a.id], [b.id, c.id]] },
    },
    {
      title: '[R8] wait while something is in flight',
      state: { ...open, suspects: [[a.id], [b.id]] },
      event: changed,
      world: worldOf([record(a), record(b)], { held: [a.id] }),
      effects: [],
    },
    {
      title: '[R8] that have nothing pending left give way to the next group',
      state: { ...open, suspects: [[a.id], [b.id, c.id]] },
      event: changed,
      world: worldOf([record(b), record(d)]),
      effects: [push(b)],
      after: { suspects: [[b.id, c.id]] },
    },
    {
      title: '[R8] that are all cleared let the rest go on',
      state: { ...open, suspects: [[a.id], [b.id]] },
      event: changed,
      world: worldOf([record(d)]),
      effects: [push(d)],
      after: { suspects: [] },
    },
  ],
  'a restored backup': [
    {
      title:
        '[R8] that refuses what this device has stored is blamed on nothing, and own entries of the document are unsent again',
      state: open,
      event: refused('invalid-update', d),
      world: worldOf([record(a)], { held: [a.id], document: document(theirs, b, a) }),
      effects: [hold(), stop('ask'), replace('empty', b)],
    },
    {
      title: '[R8] that refuses somebody else’s entries without a name is blamed on nothing',
      state: open,
      event: refused('not-your-entry'),
      world: worldOf([record(a)], { held: [a.id], document: document(a) }),
      effects: [hold(), stop('ask'), replace('empty')],
    },
    {
      title: '[R8] that refuses when nothing is in flight is blamed on nothing',
      state: open,
      event: refused('invalid-update'),
      world: worldOf([record(a, isRefused('too-large'))], { document: document(b) }),
      effects: [hold(), stop('ask'), replace('empty', b)],
    },
    {
      title: '[U4] that refuses others’ entries which it had shown us makes its numbers doubtful',
      state: open,
      event: refused('not-your-entry', theirs),
      world: worldOf([record(a)], { held: [a.id], document: document(theirs, b, a) }),
      effects: [{ type: 'doubt-numbers' }, stop('ask'), replace('empty', b)],
      after: { failures: 0 },
    },
    {
      title: '[R8] that is noticed by its numbers has the cached history read first',
      state: open,
      event: { type: 'renumbered' },
      world: worldOf([]),
      effects: [{ type: 'read-cached' }],
      after: { isRestored: true },
    },
    {
      title: '[R8] makes own messages of the cached history unsent again, on the way to a new join',
      state: open,
      event: { type: 'cached', entries: [a] },
      world: worldOf([]),
      effects: [stop('ask'), replace('stored', a)],
    },
    {
      title: '[R8] makes own entries unsent again of a document that is left for one of another epoch',
      state: { ...away, isRestored: true },
      event: { type: 'leaving', entries: [theirs, a, b], isForEarlier: false },
      world: worldOf([record(b)]),
      effects: [holdAgain(a)],
    },
    {
      title: '[R8] is noticed by an earlier epoch too',
      state: away,
      event: { type: 'leaving', entries: [a], isForEarlier: true },
      world: worldOf([]),
      effects: [holdAgain(a)],
    },
    {
      title: '[R4] is not suspected when a tablo moves to its next epoch',
      state: away,
      event: { type: 'leaving', entries: [a], isForEarlier: false },
      world: worldOf([]),
      effects: [],
    },
    {
      title: '[R8] that takes own entries out of the document makes them unsent again',
      state: open,
      event: { type: 'taken-out', entries: [theirs, a] },
      world: worldOf([]),
      effects: [holdAgain(a)],
    },
    {
      title: '[R8] has been noticed until the next join',
      state: { ...away, isRestored: true },
      event: { type: 'joined' },
      world: worldOf([]),
      effects: [wait('ask')],
      after: { isRestored: false },
    },
    {
      title: '[R8] refuses changes whose message is not back, and these go again when it is',
      state: open,
      event: { type: 'received', entries: [theirs] },
      world: worldOf([
        record(createReaction({ id: a.id, author: ME, sentAt: 1 }, theirs.id, '👍', true), isRefused('invalid-update')),
        record(createReaction({ id: b.id, author: ME, sentAt: 2 }, theirs.id, '🎉', true), isRefused('too-large')),
        record(createReaction({ id: c.id, author: ME, sentAt: 3 }, d.id, '👍', true), isRefused('invalid-update')),
      ]),
      effects: [{ type: 'retry', id: a.id }],
    },
    {
      title: '[R4] refuses no change that comes back together with its message',
      state: open,
      event: { type: 'received', entries: [theirs, LIKE] },
      world: worldOf([record(LIKE, isRefused('invalid-update'))]),
      effects: [settle(LIKE)],
    },
  ],
  'a tablo that is not ours any more': [
    {
      title: '[R8] gives back what is pending, with the reason',
      state: away,
      event: { type: 'closed' },
      world: worldOf([record(a), record(b, isRefused('too-large')), record(c, isReplacedBy(null))], { closed: CLOSED }),
      effects: [refuse('forbidden', a)],
    },
    {
      title: '[R8] gives back what is tried again there',
      state: away,
      event: changed,
      world: worldOf([record(a)], { closed: CLOSED }),
      effects: [refuse('forbidden', a)],
    },
  ],
};

for (const [subject, rows] of Object.entries(TABLE))
  describe(subject, () => {
    it.each(rows)('$title', ({ state, event, world, effects, after = {} }) => {
      const [next, done] = step(state, event, world);
      expect(done).toEqual(effects);
      expect(next).toMatchObject(after);
    });
  });

describe('a long backlog', () => {
  /** Pushes, and has the server take `count` of what is in flight at a time. Returns what was pushed, in order, and how much was in flight at most. */
  function deliver(entries: readonly MemberEntry[], count: number) {
    let state = away;
    let held: readonly EntryId[] = [];
    let rest = entries.map((entry) => record(entry));
    const pushed: MemberEntry[] = [];
    let rounds = 0;
    let mostBytes = 0;
    const take = (event: DeliveryEvent): void => {
      const [next, effects] = step(state, event, worldOf(rest, { held, document: document() }));
      state = next;
      for (const effect of effects) {
        if (effect.type !== 'push') continue;
        pushed.push(...effect.entries);
        held = [...held, ...idsOf(effect.entries)];
      }
    };
    take({ type: 'joined' });
    take(answer());
    while (held.length > 0) {
      const inFlight = new Set(held);
      const bytes = rest.reduce((sum, { id, entry }) => sum + (inFlight.has(id) ? JSON.stringify(entry).length : 0), 0);
      mostBytes = Math.max(mostBytes, bytes);
      const taken = new Set(held.slice(0, count));
      held = held.filter((id) => !taken.has(id));
      rest = rest.filter(({ id }) => !taken.has(id));
      take(changed);
      rounds += 1;
    }
    return { pushed, rounds, mostBytes };
  }

  it('[R11] never has more in flight than one frame can carry after a cut, and sends all of it in order', () => {
    const entries = Array.from({ length: 1_500 }, (_, nth) => message(nth, ME, 'x'.repeat(8_000)));
    const { pushed, rounds, mostBytes } = deliver(entries, 60);
    expect(mostBytes).toBeLessThanOrEqual(2 * 1024 * 1024);
    expect(rounds).toBeGreaterThan(5);
    expect(pushed).toEqual(entries);
  });

  it('goes at once when it is of usual size', () => {
    const entries = Array.from({ length: 3_000 }, (_, nth) => message(nth, ME, 'on the train'));
    expect(deliver(entries, 3_000)).toMatchObject({ rounds: 1, pushed: entries });
  });

  it('[R4] is asked for in questions that the server takes, and all their answers are awaited', () => {
    const records = Array.from({ length: 10_001 }, (_, nth) => record(message(nth)));
    const [state, effects] = step(away, { type: 'joined' }, worldOf(records));
    expect(effects.flatMap((effect) => (effect.type === 'check' ? [effect.ids.length] : []))).toEqual([10_000, 1]);
    expect(state).toMatchObject({ phase: 'checking', answersLeft: 2 });
  });
});
