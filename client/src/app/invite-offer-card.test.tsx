import type { UserId } from '@tablo/schema/ids';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { InviteOffer } from '../chat/chat.ts';
import { InviteOfferCard } from './invite-offer-card.tsx';

const OFFER: InviteOffer = {
  tabloName: 'תכניות',
  memberCount: 7,
  role: 'guest',
  invitedBy: 'Ada',
  expiresAt: 0,
  joined: null,
};
const render = (offer: Partial<InviteOffer> = {}, email: string | null = 'bob@example.org'): string =>
  renderToStaticMarkup(
    <InviteOfferCard
      offer={{ ...OFFER, ...offer }}
      user={{ id: '00000000-0000-4000-8000-00000000000b' as UserId, name: 'Bob', email }}
      server="chat.example.org"
      onAccept={async () => undefined}
      onCancel={() => undefined}
    />,
  );
const text = (markup: string): string => markup.replace(/<[^>]*>/g, '');

describe('an invitation, before it is taken', () => {
  it('[R6] an invitation, before it is taken, says to what, by whom, as what, where, and who will see whom', () => {
    const words = text(render());
    for (const part of [
      'Join תכניות?',
      'Ada invited you.',
      '7 members',
      'you can read, not write',
      'On the server chat.example.org',
    ])
      expect(words).toContain(part);
    expect(words).toContain('Its members will see your name, Bob, and your email address, bob@example.org.');
    expect(text(render({}, null))).toContain('Its members will see your name, Bob.');
  });

  it('[R6] an invitation, before it is taken, is not taken by the click or the key that was meant for the page before', () => {
    expect(render()).toMatch(/<button[^>]*disabled=""[^>]*>Accept</);
    expect(render()).toMatch(/<button(?![^>]*disabled)[^>]*>Not now</);
    expect(render()).not.toContain('autofocus');
  });

  it('[R3] an invitation, before it is taken, shows its names in a bdi, and quotes an inviter who is called like a word of the page', () => {
    expect(render()).toContain('<bdi>תכניות</bdi>');
    expect(text(render({ invitedBy: 'System' }))).toContain('Somebody called “System” invited you.');
    expect(text(render({ invitedBy: null }))).toContain('Somebody invited you.');
  });
});
