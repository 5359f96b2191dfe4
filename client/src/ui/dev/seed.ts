/** Rich data for the gallery: long names, every state of a message, two hundred of them. */
import { createRefusal } from '@tablo/schema/close-codes';
import { createEntryId, type EntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import type { TimelineMessage } from '@tablo/schema/timeline';
import type { Invitation, InviteLink, Member } from '../../chat/chat.ts';

const uuid = (kind: string, index: number): string => `00000000-0000-4000-8${kind}-${String(index).padStart(12, '0')}`;
export const tabloId = (index: number): TabloId => uuid('aaa', index) as TabloId;
const userId = (index: number): UserId => uuid('bbb', index) as UserId;

const LONG_NAME = `Bartholomew-Maximilian ${'van der Westerbroeckenhuizen '.repeat(7)}`.slice(0, 200);
const NAMES = [
  'Mara Lindqvist',
  'Ada Lovelace',
  'Bob Okafor',
  'Chidi Anagonye',
  'Dana Weiss',
  'Émile Dubois',
  '李小龙',
  LONG_NAME,
  'You',
  'Аdа Lovelace',
  'עדה לאבלייס',
];

export const people: readonly Member[] = NAMES.map((name, index) => ({
  id: userId(index),
  name,
  email:
    index === 6
      ? null
      : `${name
          .toLowerCase()
          .replace(/[^a-z]+/g, '.')
          .slice(0, 40)}@example.org`,
  avatarUrl: null,
  role: (['owner', 'admin', 'member', 'member', 'member', 'guest'] as const satisfies Role[])[index] ?? 'member',
}));

export const TABLO_NAMES = [
  'Website launch',
  'Design review',
  'Kitchen & plants 🌿',
  `Steering committee for the ${'interdepartmental coordination of '.repeat(5)}everything`.slice(0, 200),
  'On call',
  'Hiring: backend',
  'Lunch',
  'Release 2.4',
  'Support escalations',
  'Rotterdam office move',
  'Book club',
  'Quarterly numbers',
];

const TEXTS = [
  'Morning! The staging build is up, could somebody have a look at the new header before ten?',
  'On it.',
  'Looks good on my phone. The spacing under the title feels a bit tight, though.',
  'I can give it four more pixels and see.\n\nAlso: the footer links wrap badly at 360 px, so I will stack them there.',
  'Here is the ticket: https://tracker.example.org/browse/WEB-482?focus=comment-91 (see the last comment).',
  'Thanks!',
  'Do we still want the old address to redirect? Legal asked about it yesterday, and I did not know what to tell them.',
  'Yes, for at least a year.',
  '🎉',
  'I am on the train until noon, so expect me to drop in and out. Anything I write goes out when there is a network again.',
  'No hurry',
  'One more: Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft_is_a_very_long_word_that_must_wrap_somewhere',
  '<b>bold?</b> <img src=x onerror="alert(1)"> is shown as it was typed.',
  'مرحبا بالجميع، هذا النص من اليمين إلى اليسار',
  'Could you paste the numbers here?\n  visits   12 480\n  sign-ups    311\n  churn       1.8 %',
];

export const seedInvitations = (now: number): readonly Invitation[] => [
  {
    id: 'one',
    tabloName: 'Roof garden',
    memberCount: 12,
    role: 'member',
    invitedBy: 'Dana Weiss',
    createdAt: now - 3_600_000,
  },
  {
    id: 'two',
    tabloName: `Committee for the ${'interdepartmental coordination of '.repeat(4)}everything`,
    memberCount: 1,
    role: 'guest',
    invitedBy: LONG_NAME,
    createdAt: now - 86_400_000,
  },
];

export const seedLinks = (now: number): readonly InviteLink[] => [
  {
    ...{ id: 'one', role: 'member', createdBy: userId(1), createdAt: now - 86_400_000 },
    ...{ expiresAt: now + 5 * 86_400_000, maxUses: null, uses: 3 },
  },
  {
    ...{ id: 'two', role: 'guest', createdBy: userId(0), createdAt: now - 3_600_000 },
    ...{ expiresAt: now + 3_600_000, maxUses: 5, uses: 4 },
  },
];

const base = (author: number, text: string, at: number): TimelineMessage => ({
  id: createEntryId(at),
  author: userId(author),
  text,
  sentAt: at,
  shownAt: at,
  replyTo: null,
  editedAt: null,
  isDeleted: false,
  reactions: [],
  delivery: { status: 'sent' },
  unsentChanges: [],
});

/** `count` messages that end at `now`; deterministic but for the ids. */
export function seedMessages(count: number, now: number): TimelineMessage[] {
  const messages: TimelineMessage[] = [];
  let at = now - count * 9 * 60_000;
  for (let index = 0; index < count; index += 1) {
    const author = [1, 1, 2, 0, 8, 3, 1, 4, 9, 2, 0, 7, 6, 5, 10][(index * 7 + (index >> 2)) % 15] ?? 1;
    at += index % 3 === 0 ? 22 * 60_000 : 90_000;
    messages.push(decorate(base(author, TEXTS[(index * 4) % TEXTS.length] ?? '', at), index, messages));
  }
  return messages;
}

function decorate(message: TimelineMessage, index: number, earlier: readonly TimelineMessage[]): TimelineMessage {
  const quoted = earlier[earlier.length - 6]?.id ?? null;
  if (index % 17 === 5) {
    return {
      ...message,
      reactions: [
        { emoji: '👍', users: [userId(0), userId(2), userId(3)] },
        { emoji: '🎉', users: [userId(4)] },
      ],
    };
  }
  if (index % 13 === 6 && quoted !== null) return { ...message, replyTo: quoted };
  if (index % 23 === 9) return { ...message, editedAt: message.shownAt + 60_000 };
  if (index % 29 === 11) return { ...message, text: '', isDeleted: true };
  if (index % 31 === 14) return { ...message, sentAt: message.shownAt - 2 * 3_600_000 };
  return message;
}

/** The end of a conversation with everything that can be true of an own message. */
export function seedEnding(now: number, quoted: EntryId | null): TimelineMessage[] {
  const [one, two] = [now - 240_000, now - 60_000];
  return [
    {
      ...base(0, 'The new header is live. Can you all confirm that the menu opens?', one),
      reactions: [{ emoji: '👀', users: [userId(1), userId(2)] }],
    },
    { ...base(2, 'Opens here, and it is quick. Nice work!', one + 30_000), replyTo: quoted },
    base(1, 'Same here 👌', one + 45_000),
    { ...base(0, 'Writing this one from the tunnel.', two), sentAt: two - 5_400_000 },
    { ...base(0, 'I will write the release notes this afternoon.', two + 1_000), editedAt: two + 5_000 },
    { ...base(0, 'And this is on its way…', two + 20_000), delivery: { status: 'pending' } },
    {
      ...base(0, 'This one was not taken by the server.', two + 30_000),
      delivery: { status: 'refused', refusal: createRefusal('rate-limited') },
    },
  ];
}
