import type { TimelineMessage } from '@tablo/schema/timeline';
import { useDiscarding } from '../connection/discarding.tsx';
import { RefusedNote } from '../parts.ts';
import { isLate } from '../text/message-dates.ts';
import { LateNote } from './late-note.tsx';
import { Reactions } from './reactions.tsx';

interface MessageFooterProps {
  readonly message: TimelineMessage;
  readonly isOwn: boolean;
}

/** Everything under the bubble. */
export function MessageFooter({ message, isOwn }: MessageFooterProps) {
  const { delivery, unsentChanges, reactions } = message;
  const { ids: discarding } = useDiscarding();
  return (
    <>
      {reactions.length > 0 && <Reactions message={message} />}
      {isLate(message) && <LateNote message={message} />}
      {isOwn && delivery.status === 'refused' && <RefusedNote message={message} refusal={delivery.refusal} />}
      {unsentChanges.map(
        ({ entry, delivery: change }) =>
          change.status === 'refused' &&
          !discarding.has(entry.id) && <RefusedNote key={entry.id} entry={entry} refusal={change.refusal} />,
      )}
    </>
  );
}
