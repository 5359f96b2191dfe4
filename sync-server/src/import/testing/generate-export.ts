/**
 * Exports of Stream Chat as long as a test likes, the same ones for the same seed: the shape of what `exportChannels` gives, with what a real one has in it (replies, reactions,
 * deletions, edits, attachments, several messages within one millisecond).
 */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { Random } from '@tablo/schema/testing/random';

export interface GenerateOptions {
  readonly seed?: number;
  readonly channels?: number;
  /** Of all channels together. */
  readonly messages: number;
  readonly users?: number;
  /** `lines`: a channel a line, as version 2 begins; `array`: a list of them. */
  readonly format?: 'array' | 'lines';
}

const START_MS = Date.UTC(2023, 4, 1, 8);
const WORDS = 'the board moves on Tuesday and nobody has seen the draft of what we said about paint'.split(' ');
const TYPES = ['like', 'love', 'haha', 'wow', 'sad'];

const hex = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => random.below(16).toString(16)).join('');
const uuid = (random: Random): string =>
  `${hex(random, 8)}-${hex(random, 4)}-4${hex(random, 3)}-8${hex(random, 3)}-${hex(random, 12)}`;

export interface Generated {
  readonly users: readonly string[];
  /** Of each channel, which is the tablo's too. */
  readonly channels: readonly string[];
  readonly reads: readonly { readonly channel: string; readonly user: string; readonly unread: number }[];
}

/** Half of the messages have Stream's own ids, which are UUIDs; the others what an application gives them. */
export async function generateExport(path: string, options: GenerateOptions): Promise<Generated> {
  const { seed = 1, channels: count = 3, users: people = 5, format = 'array' } = options;
  const random = new Random(seed);
  const users = Array.from({ length: people }, () => uuid(random));
  const channels = Array.from({ length: count }, () => uuid(random));
  const reads: Generated['reads'][number][] = [];
  const file = createWriteStream(path);
  const write = async (text: string): Promise<void> => {
    if (!file.write(text)) await once(file, 'drain');
  };
  const userOf = (id: string) => ({
    ...{ id, role: 'user', created_at: iso(START_MS * 1_000), updated_at: iso(START_MS * 1_000), banned: false },
    ...{ online: false, name: `Person ${users.indexOf(id) + 1}`, image: `https://pictures.example/${id}.png` },
  });
  if (format === 'array') await write('[');
  for (const [nth, id] of channels.entries()) {
    const cid = `messaging:${id}`;
    const of = Math.floor(options.messages / count) + (nth < options.messages % count ? 1 : 0);
    const channel = { cid, id, type: 'messaging', name: `Channel ${nth + 1}`, created_by: userOf(users[0] ?? '') };
    await write(
      `${nth > 0 ? (format === 'array' ? ',' : '\n') : ''}{"channel":${JSON.stringify(channel)},"messages":[`,
    );
    const written: { id: string; us: number; author: string; isDeleted: boolean }[] = [];
    let us = START_MS * 1_000 + nth;
    for (let at = 0; at < of; at += 1) {
      us += random.chance(0.05) ? 1 + random.below(400) : 1_000_000 + random.below(90_000_000);
      const author = random.pick(users);
      const message = createMessage(random, { cid, us, author, users, written, userOf, name: `${nth}-${at}` });
      written.push({ id: message.id, us, author, isDeleted: message.type === 'deleted' });
      await write(`${at > 0 ? ',' : ''}${JSON.stringify(message)}`);
    }
    const members = users.map((user, place) => ({
      ...{ user_id: user, user: userOf(user), created_at: iso(START_MS * 1_000) },
      ...{ role: place === 0 ? 'owner' : 'member', channel_role: place === 1 ? 'channel_moderator' : 'channel_member' },
    }));
    // The first has read everything, the second nothing of the last six hundred, of the third nothing is said.
    const read = users.slice(0, 2).map((user, place) => {
      const last = written[Math.max(0, written.length - 1 - 600 * place)];
      const unread = written.filter(
        ({ us: when, author, isDeleted }) => when > (last?.us ?? 0) && author !== user && !isDeleted,
      );
      reads.push({ channel: id, user, unread: unread.length });
      return { user: userOf(user), last_read: iso(last?.us ?? us), unread_messages: unread.length };
    });
    await write(`],"members":${JSON.stringify(members)},"read":${JSON.stringify(read)}}`);
  }
  if (format === 'array') await write(']');
  file.end();
  await once(file, 'close');
  return { users, channels, reads };
}

interface Around {
  readonly cid: string;
  readonly us: number;
  readonly author: string;
  readonly users: readonly string[];
  readonly written: readonly { readonly id: string }[];
  readonly userOf: (id: string) => unknown;
  readonly name: string;
}

function createMessage(random: Random, { cid, us, author, users, written, userOf, name }: Around) {
  const text = Array.from({ length: 3 + random.below(25) }, () => random.pick(WORDS)).join(' ');
  const isDeleted = random.chance(0.02);
  const earlier = written.at(-1 - random.below(20));
  const isReply = earlier !== undefined && random.chance(0.1);
  const fans = random.chance(0.2) && !isDeleted ? users.filter(() => random.chance(0.4)) : [];
  const reactions = fans.map((user, nth) => ({
    ...{ type: TYPES[nth % TYPES.length], user_id: user, user: userOf(user), score: 1 },
    created_at: iso(us + 1_000_000 * (nth + 1)),
  }));
  const file = {
    type: 'file',
    title: `Plan ${name}.pdf`,
    asset_url: `https://files.example/${name}.pdf`,
    file_size: 1_234,
  };
  return {
    ...{
      id: random.chance(0.5) ? uuid(random) : `${author}-${name}`,
      text,
      html: `<p>${text}</p>\n`,
      user: userOf(author),
      cid,
    },
    type: isDeleted ? 'deleted' : isReply ? 'reply' : 'regular',
    attachments: random.chance(0.03) ? [file] : [],
    ...{ latest_reactions: reactions, own_reactions: [], reaction_counts: {}, reaction_scores: {} },
    ...(isReply ? { parent_id: earlier.id, show_in_channel: true } : {}),
    ...{ created_at: iso(us), updated_at: iso(us + 5_000_000), deleted_at: isDeleted ? iso(us + 60_000_000) : null },
    ...(random.chance(0.02) && !isDeleted ? { message_text_updated_at: iso(us + 30_000_000) } : {}),
    ...{ shadowed: false, silent: false, pinned: false, mentioned_users: [] },
  };
}

/** As Stream writes it: to the microsecond, without zeros at the end. */
function iso(us: number): string {
  const second = new Date(Math.floor(us / 1_000_000) * 1_000).toISOString().slice(0, 19);
  const fraction = String(us % 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${second}${fraction === '' ? '' : `.${fraction}`}Z`;
}
