import { ON_TIME_MS } from '@tablo/schema/limits';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { CloudOff } from 'lucide-react';
import { fullLabel, timeLabel } from './date-labels.ts';
import { useDiscarding } from './discarding.tsx';
import { Reactions } from './reactions.tsx';
import { RefusedChange, RefusedMessage } from './refused-note.tsx';

interface MessageFooterProps {
  readonly message: TimelineMessage;
  readonly isOwn: boolean;
}

/** Everything under the bubble. */
export function MessageFooter({ message, isOwn }: MessageFooterProps) {
  const { delivery, unsentChanges, reactions, sentAt, shownAt } = message;
  const { ids: discarding } = useDiscarding();
  const wasOffline = delivery.status === 'sent' && !message.isDeleted && shownAt - sentAt > ON_TIME_MS;
  return (
    <>
      {reactions.length > 0 && <Reactions message={message} />}
      {wasOffline && (
        <span className="message-offline" title={`Written ${fullLabel(sentAt)}, delivered ${fullLabel(shownAt)}`}>
          <CloudOff size={12} aria-hidden />
          sent while offline, written {timeLabel(sentAt)}
        </span>
      )}
      {isOwn && delivery.status === 'refused' && <RefusedMessage message={message} refusal={delivery.refusal} />}
      {unsentChanges.map(
        ({ entry, delivery: change }) =>
          change.status === 'refused' &&
          !discarding.has(entry.id) && <RefusedChange key={entry.id} entry={entry} refusal={change.refusal} />,
      )}
    </>
  );
}
