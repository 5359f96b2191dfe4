import type { TimelineMessage } from '@tablo/schema/timeline';
import { spokenName } from '../people/name.tsx';
import { type Room, useRoom } from '../people/room-context.tsx';
import { whoReacted } from '../text/phrases.ts';

type Reaction = TimelineMessage['reactions'][number];

export const whoReactedWith = ({ emoji, users }: Reaction, { personOf, userId }: Pick<Room, 'personOf' | 'userId'>) =>
  whoReacted(
    users.filter((user) => user !== userId).map((user) => spokenName(personOf(user))),
    users.includes(userId),
    emoji,
  );

/** As text: on a phone there is no hovering over a reaction. */
export function WhoReacted({ message }: { readonly message: TimelineMessage }) {
  const room = useRoom();
  return message.reactions.map((reaction) => (
    <p key={reaction.emoji} className="menu-note">
      <bdi>{whoReactedWith(reaction, room)}</bdi>
    </p>
  ));
}
