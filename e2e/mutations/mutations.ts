// Small bugs, made on purpose in our own source while it is loaded, and which harness has to report each of them as what. No product code knows of this.
import type { ViolationKind } from '../schedules/compare.ts';
import type { Fault } from '../soak/history/check-history.ts';
import type { SCENARIOS } from './scenarios.ts';

export interface Edit {
  /** From the repository's root. */
  readonly file: string;
  /** Occurs exactly once in it. */
  readonly find: string;
  readonly replace: string;
}

type Detection =
  /** A server with the bug, judged by `Stage`; `drift`: of the audit. */
  | { readonly harness: 'kills'; readonly kills: number; readonly reports: readonly (Fault['fault'] | 'drift')[] }
  /** Clients or a server with the bug, in one of `SCENARIOS`. */
  | {
      readonly harness: 'schedules';
      readonly side: 'client' | 'server';
      readonly scenario: keyof typeof SCENARIOS;
      readonly reports: readonly ViolationKind[];
    };

export type Mutation = Detection & {
  readonly name: string;
  /** Of the claim that it breaks. */
  readonly rule: string;
  readonly edits: readonly Edit[];
};

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'the ledger numbers the entries of one update backwards',
    rule: 'R10',
    edits: [
      {
        file: 'sync-server/src/ledger/commit/decide-batch.ts',
        find: 'for (const one of fresh) this.#write(',
        replace: 'for (const one of fresh.toReversed()) this.#write(',
      },
    ],
    harness: 'kills',
    kills: 0,
    reports: ['misordered'],
  },
  {
    name: 'the ledger acknowledges, and commits a moment later',
    rule: 'R1',
    edits: [
      {
        file: 'sync-server/src/ledger/commit/committer.ts',
        find: 'const done = await state.watch(() => attempt.run(), isAlone);',
        replace: `for (const { resolve } of batch) resolve({ type: 'committed', fresh: [], repeated: [], refusals: [], dropped: [] });
        await this.#pause(100);
        const done = await state.watch(() => attempt.run(), isAlone);`,
      },
    ],
    harness: 'kills',
    kills: 2,
    reports: ['lost'],
  },
  {
    name: 'the ledger rolls back what it acknowledges',
    rule: 'R1',
    edits: [
      {
        file: 'sync-server/src/ledger/store/pg-ledger.ts',
        find: 'client.query(commitSql(clock.left()))',
        replace: "client.query('ROLLBACK')",
      },
      {
        file: 'sync-server/src/ledger/store/pg-assumed.ts',
        find: 'await client.query<Row>(queryOf(all));',
        replace: `await client.query('BEGIN').then(() => client.query<Row>(queryOf(all))).finally(() => client.query('ROLLBACK'));`,
      },
    ],
    harness: 'kills',
    kills: 0,
    reports: ['lost', 'not-durable'],
  },
  {
    name: 'admission takes a repeated id for a new one, and the rows swallow it',
    rule: 'R4',
    edits: [
      {
        file: 'sync-server/src/admission/sort-entries.ts',
        find: 'const known = this.#find(entry.id);',
        replace: 'const known = this.#seen.get(entry.id);',
      },
      {
        file: 'sync-server/src/ledger/store/pg-ledger.ts',
        find: "decode(digest, 'hex') FROM e",
        replace: "decode(digest, 'hex') FROM e ON CONFLICT DO NOTHING",
      },
      {
        file: 'sync-server/src/ledger/store/pg-ledger.ts',
        find: "seq, reply_to, NULL, NULL FROM e WHERE kind = 'message'",
        replace: "seq, reply_to, NULL, NULL FROM e WHERE kind = 'message' ON CONFLICT DO NOTHING",
      },
    ],
    harness: 'kills',
    kills: 0,
    reports: ['seq-gap'],
  },
  {
    name: 'the server takes nothing for late',
    rule: 'R5',
    edits: [
      {
        file: 'schema/src/shown-at.ts',
        find: 'return Math.abs(receivedAt - sentAt) > ON_TIME_MS;',
        replace: 'return false;',
      },
    ],
    harness: 'kills',
    kills: 0,
    reports: ['drift'],
  },
  {
    name: 'the server tells nobody that an entry was late',
    rule: 'R5',
    edits: [
      {
        file: 'sync-server/src/ledger/commit/decide-batch.ts',
        find: 'if (arrivals.length > 0) this.#append(',
        replace: 'if (false) this.#append(',
      },
    ],
    harness: 'schedules',
    side: 'server',
    scenario: 'written by a clock of yesterday',
    reports: ['diverged'],
  },
  {
    name: 'the client counts own messages as unread',
    rule: 'R10',
    edits: [{ file: 'schema/src/unread.ts', find: ' && message.author !== reader', replace: '' }],
    harness: 'schedules',
    side: 'client',
    scenario: 'written and read',
    reports: ['miscounted'],
  },
  {
    name: 'the client takes the first unread message for read',
    rule: 'R10',
    edits: [
      {
        file: 'schema/src/unread.ts',
        find: 'message.seq > lastReadSeq &&',
        replace: 'message.seq > lastReadSeq + 1 &&',
      },
    ],
    harness: 'schedules',
    side: 'client',
    scenario: 'written and read',
    reports: ['miscounted'],
  },
  {
    name: 'the client drops its outbox when it starts',
    rule: 'R8',
    edits: [
      {
        file: 'client/src/chat/outbox/outbox.ts',
        find: "if (delivery.status === 'withdrawn' && now() - delivery.at > withdrawnKeptMs)",
        replace: 'if (delivery)',
      },
    ],
    harness: 'schedules',
    side: 'client',
    scenario: 'written offline, then the browser is killed',
    reports: ['lost'],
  },
  {
    name: 'the client takes what it has pushed for durable',
    rule: 'R1',
    edits: [
      {
        file: 'client/src/chat/delivery/turn.ts',
        find: "this.do({ type: 'push', entries });",
        replace: `this.do({ type: 'push', entries });
    this.settle(entries.map(({ id }) => id));`,
      },
    ],
    harness: 'schedules',
    side: 'client',
    scenario: 'written into a dead link, then the browser is killed',
    reports: ['lost', 'false-sent'],
  },
];

export function findMutation(name: string): Mutation {
  const found = MUTATIONS.find((mutation) => mutation.name === name);
  if (found === undefined) throw new Error(`No mutation is called "${name}".`);
  return found;
}

/** Throws unless every edit has its one place: the table follows the code or fails. */
export function mutate(source: string, edits: readonly Edit[]): string {
  return edits.reduce((text, { file, find, replace }) => {
    const places = text.split(find).length - 1;
    if (places !== 1) throw new Error(`${file} has ${places} places with ${JSON.stringify(find)}, not one.`);
    return text.replace(find, () => replace);
  }, source);
}
