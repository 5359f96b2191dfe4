/** Members and strangers with a token, over REST. */
import { randomUUID } from 'node:crypto';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import type { Attack } from '../attacker/attack.ts';
import { addTablo } from '../attacker/history.ts';
import { repeat } from '../attacker/workers.ts';
import { LONGEST_TEXT } from './document-attacks.ts';

const LISTED_TABLOS = 1_500;
const MANY_USERS = 11_000;

const bigLists: Attack = {
  name: 'big-lists',
  what: 'ask for a list of 1,500 tablos with the longest texts, forty at once',
  identity: 'secret',
  prepare: async ({ pool, call }) => {
    const user = randomUUID();
    const token = tokenOf(user);
    await pool.query(
      `WITH made AS (INSERT INTO tablos (id, name, created_by, last_seq) SELECT gen_random_uuid(), 'Attack', $1, 1 FROM generate_series(1, $2::int) RETURNING id),
         access AS (INSERT INTO tablo_access (tablo_id, user_id, role) SELECT id, $1, 'owner' FROM made)
       INSERT INTO messages (id, channel_id, user_id, text, created_at, sent_at, received_at, seq) SELECT gen_random_uuid(), id, $1, $3, now(), now(), now(), 1 FROM made`,
      [user, LISTED_TABLOS, LONGEST_TEXT],
    );
    return (over) =>
      repeat(over, 40, async () => {
        return (await call('/chat/channels', { token })) === 200;
      });
  },
};

const manyTablos: Attack = {
  name: 'many-tablos',
  what: 'make tablos, 32 at once',
  identity: 'secret',
  prepare: async ({ call }) => {
    const token = tokenOf(randomUUID());
    return (over) =>
      repeat(over, 32, async () => {
        return (await call('/chat/channels', { token, body: { name: 'One of many' } })) === 201;
      });
  },
};

const restWrites: Attack = {
  name: 'rest-writes',
  what: 'rename, invite, add invented people, write drafts and positions, 32 at once',
  identity: 'secret',
  prepare: async ({ pool, call }) => {
    const user = randomUUID();
    const token = tokenOf(user);
    const tablo = await addTablo(pool, [user]);
    const base = `/chat/channels/${tablo}`;
    const acts = [
      () => call(base, { method: 'PATCH', token, body: { name: `Renamed ${Math.random()}` } }),
      () => call(`${base}/invites`, { token, body: {} }),
      () => call(`${base}/members`, { token, body: { user_id: randomUUID(), role: 'member' } }),
      () => call(`${base}/read`, { token, body: {} }),
      () =>
        call(`${base}/draft`, {
          method: 'PUT',
          token,
          body: { text: LONGEST_TEXT, updated_at: new Date().toISOString() },
        }),
      () => call(`${base}/members`, { token }),
    ];
    return async (over) => {
      let nth = 0;
      await repeat(over, 32, async () => {
        nth += 1;
        const status = await acts[nth % acts.length]?.();
        return status !== undefined && status > 0 && status < 400;
      });
    };
  },
};

const strangersPatch: Attack = {
  name: 'strangers-patch',
  what: 'rename and invite to the honest people’s tablo as a stranger, 32 at once',
  identity: 'secret',
  prepare: async ({ honestTablo, call }) => {
    const token = tokenOf(randomUUID());
    const base = `/chat/channels/${honestTablo}`;
    return async (over) => {
      let nth = 0;
      await repeat(over, 32, async () => {
        nth += 1;
        if (nth % 2 === 0) await call(base, { method: 'PATCH', token, body: { name: 'Mine' } });
        else await call(`${base}/invites`, { token, body: {} });
        return true;
      });
    };
  },
};

const manyUsers: Attack = {
  name: 'many-users',
  what: '11,000 users of one address each ask for their list, round and round',
  identity: 'secret',
  prepare: async ({ call }) => {
    const tokens = Array.from({ length: MANY_USERS }, () => tokenOf(randomUUID()));
    return async (over) => {
      let nth = 0;
      await repeat(over, 32, async () => {
        nth += 1;
        return (await call('/chat/channels', { token: tokens[nth % tokens.length] ?? '' })) === 200;
      });
    };
  },
};

export const restAttacks = [bigLists, manyTablos, restWrites, strangersPatch, manyUsers] as const;
