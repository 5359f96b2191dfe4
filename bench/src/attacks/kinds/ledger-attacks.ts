/** Members who try to stop the ledger for everybody: by history, and by what is slow in one tablo. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createDeletion, createEdit, createMessage, createReaction, type MemberEntry } from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';
import { authFrame } from '@tablo/sync-server/testing/frames';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import type { Attack, Field } from '../attacker/attack.ts';
import { addDeleted, addEdits, addOldTablo, addTablo, addToggles, type OldTablo } from '../attacker/history.ts';
import { repeat, untilOver } from '../attacker/workers.ts';
import { Writer } from '../attacker/writer.ts';

const EMOJI = '👍';
/** What a user may write for ever, a second. */
const ENTRIES_PER_SECOND = 20;
const TOKEN_BYTES = 31_000;
const WRITERS = 5;

interface Member {
  readonly user: UserId;
  readonly token: string;
}

function newMember(): Member {
  const user = randomUUID() as string as UserId;
  return { user, token: tokenOf(user) };
}

/** One update after the other, at the rate limit. */
async function writeSteadily(
  field: Field,
  tablo: string,
  { token }: Member,
  over: AbortSignal,
  make: () => MemberEntry,
) {
  await repeat(over, 1, async () => {
    const writer = new Writer(field, { tablo, token });
    while (await writer.ready(over)) {
      writer.write([make()]);
      await delay(1_000 / ENTRIES_PER_SECOND);
    }
    return false;
  });
}

const toggledReaction: Attack = {
  name: 'toggled-reaction',
  what: 'toggle one reaction at the rate limit, after 864,000 toggles',
  identity: 'secret',
  prepare: async (field) => {
    const member = newMember();
    const old = await addOldTablo(field.pool, member.user);
    await addToggles(field.pool, old, member.user, EMOJI);
    return async (over) => {
      let isOn = false;
      await writeSteadily(field, old.tablo, member, over, () => {
        isOn = !isOn;
        return createReaction({ author: member.user, sentAt: Date.now() }, old.message as EntryId, EMOJI, isOn);
      });
    };
  },
};

const deletedEdits: Attack = {
  name: 'deleted-edits',
  what: 'delete a message with 864,000 edits, then write on',
  identity: 'secret',
  prepare: async (field) => {
    const member = newMember();
    const old = await addOldTablo(field.pool, member.user);
    await addEdits(field.pool, old, member.user);
    return async (over) => {
      let isDeleted = false;
      await writeSteadily(field, old.tablo, member, over, () => {
        if (isDeleted) return createMessage(now(member), 'and on');
        isDeleted = true;
        return createDeletion(now(member), old.message as EntryId);
      });
    };
  },
};

const now = ({ user }: Member) => ({ author: user, sentAt: Date.now() });

const manyEdits: Attack = {
  name: 'many-edits',
  what: 'edit, react to and delete one message after the other',
  identity: 'secret',
  prepare: async (field) => {
    const member = newMember();
    const tablo = await addTablo(field.pool, [member.user]);
    return async (over) => {
      let message = createMessage(now(member), 'first');
      let nth = 0;
      await writeSteadily(field, tablo, member, over, () => {
        nth += 1;
        const step = nth % 50;
        if (step === 1) message = createMessage(now(member), 'first');
        if (step === 1) return message;
        if (step === 0) return createDeletion(now(member), message.id);
        return step % 2 === 0
          ? createEdit(now(member), message.id, `edit ${nth}`)
          : createReaction(now(member), message.id, EMOJI, step % 4 === 1);
      });
    };
  },
};

const readingHistory: Attack = {
  name: 'reading-history',
  what: 'read lists and pages over 864,000 deleted messages and toggles',
  identity: 'secret',
  prepare: async (field) => {
    const member = newMember();
    const old: OldTablo = await addOldTablo(field.pool, member.user);
    await addDeleted(field.pool, old, member.user);
    await addToggles(field.pool, old, member.user, EMOJI);
    const paths = ['/chat/channels', '/chat/unread?ids=true', `/chat/channels/${old.tablo}/messages`];
    return async (over) => {
      let nth = 0;
      await repeat(over, 16, async () => {
        nth += 1;
        return (await field.call(paths[nth % paths.length] ?? '', { token: member.token })) === 200;
      });
    };
  },
};

/** Five members write by socket and REST into one tablo, which something holds up. */
async function writeInto(field: Field, tablo: string, members: readonly Member[], over: AbortSignal): Promise<void> {
  await Promise.all([
    ...members.map((member) => writeSteadily(field, tablo, member, over, () => createMessage(now(member), 'held up'))),
    repeat(over, 16, async (worker) => {
      const { token } = members[worker % members.length] as Member;
      return (await field.call(`/chat/channels/${tablo}/messages`, { token, body: { text: 'held up' } })) === 201;
    }),
  ]);
}

async function addWriters(field: Field): Promise<{ tablo: string; members: readonly Member[] }> {
  const members = Array.from({ length: WRITERS }, newMember);
  return {
    members,
    tablo: await addTablo(
      field.pool,
      members.map(({ user }) => user),
      'member',
    ),
  };
}

async function holdRow({ pool, atEnd }: Field, tablo: string): Promise<void> {
  const client = await pool.connect();
  let isHeld = true;
  atEnd(async () => {
    if (!isHeld) return;
    isHeld = false;
    await client.query('ROLLBACK');
    client.release();
  });
  await client.query('BEGIN');
  await client.query('SELECT id FROM tablos WHERE id = $1 FOR UPDATE', [tablo]);
}

const heldRow: Attack = {
  name: 'held-row',
  what: 'write into a tablo whose row somebody holds locked',
  identity: 'secret',
  prepare: async (field) => {
    const { tablo, members } = await addWriters(field);
    return async (over) => {
      await holdRow(field, tablo);
      await writeInto(field, tablo, members, over);
    };
  },
};

/** A trigger on what the ledger writes, for one tablo. */
function triggered(name: string, what: string, body: string): Attack {
  return {
    name,
    what,
    identity: 'secret',
    prepare: async (field) => {
      const { tablo, members } = await addWriters(field);
      const made = name.replaceAll('-', '_');
      return async (over) => {
        field.atEnd(async () => {
          await field.pool.query(`DROP TRIGGER IF EXISTS bench_${made} ON messages`);
        });
        await field.pool.query(
          `CREATE OR REPLACE FUNCTION bench_${made}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; RETURN NEW; END $$`,
        );
        await field.pool.query(
          `CREATE TRIGGER bench_${made} BEFORE INSERT ON messages FOR EACH ROW WHEN (NEW.channel_id = '${tablo}') EXECUTE FUNCTION bench_${made}()`,
        );
        await writeInto(field, tablo, members, over);
      };
    },
  };
}

const waitingTokens: Attack = {
  name: 'waiting-tokens',
  what: 'send tokens of 31 KB without a pause while a commit waits for a held row',
  identity: 'secret',
  prepare: async (field) => {
    const member = newMember();
    const tablo = await addTablo(field.pool, [member.user]);
    const token = `${member.token}${'x'.repeat(TOKEN_BYTES)}`;
    return async (over) => {
      await holdRow(field, tablo);
      await repeat(over, 4, async () => {
        const writer = new Writer(field, { tablo, token: member.token });
        if (!(await writer.ready(over))) return false;
        writer.write([createMessage(now(member), 'waits')]);
        const frame = authFrame(writer.name, token);
        while ((await writer.socket?.hasRoom(over)) === true) {
          writer.socket?.send(frame);
          await delay(0);
        }
        return false;
      });
      await untilOver(over);
    };
  },
};

export const ledgerAttacks = [
  toggledReaction,
  deletedEdits,
  manyEdits,
  readingHistory,
  heldRow,
  triggered('slow-statement', 'write into a tablo in which every message takes three seconds', 'PERFORM pg_sleep(3)'),
  triggered('raising-trigger', 'write into a tablo in which every message fails', "RAISE EXCEPTION 'no'"),
  waitingTokens,
] as const;
