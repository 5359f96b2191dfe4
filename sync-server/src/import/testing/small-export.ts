/** Exports of a few messages, written by hand. */
import { alice, bob } from '../../ledger/testing/ledger-fixture.ts';

export const TABLO = '00000000-0000-4000-8000-0000000000f1';
export const CID = `messaging:${TABLO}`;
export { alice, bob, carol } from '../../ledger/testing/ledger-fixture.ts';

export interface Said {
  readonly id: string;
  readonly text?: string;
  readonly by?: string;
  /** ISO 8601. */
  readonly at?: string;
  readonly [more: string]: unknown;
}

let minute = 0;

/** Without a time, each is a minute after the one before. */
export function message({ id, text = `Text of ${id}`, by = alice, at, ...more }: Said): Record<string, unknown> {
  minute += 1;
  const created_at = at ?? new Date(Date.UTC(2024, 0, 1, 10, minute)).toISOString();
  return {
    id,
    text,
    type: 'regular',
    user: { id: by, name: `Name of ${by.slice(-1)}` },
    cid: CID,
    created_at,
    ...more,
  };
}

export const member = (user_id: string, more: Record<string, unknown> = {}) => ({
  ...{ user_id, user: { id: user_id }, role: 'member', channel_role: 'channel_member' },
  ...more,
});

export const channelOf = (messages: readonly unknown[], more: Record<string, unknown> = {}) => ({
  channel: { id: TABLO, type: 'messaging', cid: CID, name: 'Plans', created_by: { id: alice } },
  messages,
  members: [member(alice, { role: 'owner' }), member(bob)],
  ...more,
});
