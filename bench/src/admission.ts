/** What it costs to decide about an update, without network and database: decode, then admit, facts from memory. */
import type { Message } from '@tablo/schema/entry';
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import type { Facts } from '@tablo/sync-server/admission/admission';
import { admit } from '@tablo/sync-server/admission/admit';
import { decodeUpdate } from '@tablo/sync-server/admission/decode-update';
import { encodeAppend } from '@tablo/sync-server/admission/encode-append';
import { Frontier } from '@tablo/sync-server/admission/frontier';
import { digestContent } from '@tablo/sync-server/ledger/store/digest';

export interface AdmissionCost {
  readonly entries: number;
  /** µs an update. */
  readonly decode: number;
  readonly decodeAndAdmit: number;
}

const DISTINCT_UPDATES = 100;
const ROUND_MS = 300;
const ROUNDS = 5;
const CLIENT = 1_234_567_890;

const applicant = {
  tabloId: createEntryId() as string as TabloId,
  epoch: 1,
  userId: createEntryId() as string as UserId,
};
const NONE: ReadonlySet<string> = new Set();
const facts: Facts = {
  entry: () => undefined,
  epoch: () => 1,
  role: () => 'member',
  clientOwner: () => null,
  emojiOn: () => NONE,
  ownEmojiOn: () => NONE,
  editsOf: () => 0,
};

export function measureAdmission(entries: number): AdmissionCost {
  const frontier = new Frontier();
  frontier.append(CLIENT, applicant.userId, 1_000);
  const updates = Array.from({ length: DISTINCT_UPDATES }, () => createUpdate(entries));
  return {
    entries,
    decode: measure(updates, (update) => {
      if (!decodeUpdate(update).ok) throw new Error('admission refused what the benchmark made');
    }),
    decodeAndAdmit: measure(updates, (update) => {
      const decoded = decodeUpdate(update);
      const admission = decoded.ok ? admit(decoded.value, applicant, frontier, facts, digestContent) : null;
      if (admission?.type !== 'accepted') throw new Error('admission refused what the benchmark made');
    }),
  };
}

function createUpdate(count: number): Uint8Array {
  const entries = Array.from({ length: count }, (): Message => {
    const id = createEntryId();
    return {
      kind: 'message',
      id,
      author: applicant.userId,
      sentAt: Date.now(),
      text: `I am on the train, so this may take a moment: ${id}`,
    };
  });
  return encodeAppend({ client: CLIENT, clock: 1_000 }, { client: CLIENT, clock: 999 }, entries);
}

/** µs a call: the best of some rounds, since whatever disturbs only ever adds. */
function measure(updates: readonly Uint8Array[], act: (update: Uint8Array) => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAt = performance.now();
    let calls = 0;
    while (performance.now() - startedAt < ROUND_MS) {
      for (const update of updates) act(update);
      calls += updates.length;
    }
    best = Math.min(best, ((performance.now() - startedAt) * 1_000) / calls);
  }
  return best;
}
