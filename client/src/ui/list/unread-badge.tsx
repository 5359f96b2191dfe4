import { badgeLabel, unreadSentence } from '../text/phrases.ts';

interface UnreadBadgeProps {
  readonly count: number;
  /** Of the words that assistive technology reads, with the true count. */
  readonly id: string;
}

export function UnreadBadge({ count, id }: UnreadBadgeProps) {
  if (count === 0) return null;
  return (
    <>
      <span className="badge" aria-hidden="true">
        <bdi>{badgeLabel(count)}</bdi>
      </span>
      <span className="hidden-visually" id={id}>
        {unreadSentence(count)}
      </span>
    </>
  );
}
