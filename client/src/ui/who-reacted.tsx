import type { TimelineMessage } from '@tablo/schema/timeline';
import { spokenName } from './name.tsx';
import { whoReacted } from './phrases.ts';
import { useRoom } from './room-context.tsx';

/** In words: on a phone no pointer rests on a reaction. */
export function WhoReacted({ message }: { readonly message: TimelineMessage }) {
  const { personOf, userId } = useRoom();
  return message.reactions.map(({ emoji, users }) => (
    <p key={emoji} className="menu-note">
      <bdi>
        {whoReacted(
          users.filter((user) => user !== userId).map((user) => spokenName(personOf(user))),
          users.includes(userId),
          emoji,
        )}
      </bdi>
    </p>
  ));
}
