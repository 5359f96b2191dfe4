import type { TimelineMessage } from '@tablo/schema/timeline';
import { CloudOff } from 'lucide-react';
import { useNow } from '../page/hooks/use-now.ts';
import { writtenLabel } from '../text/date-labels.ts';
import { datesSentence } from '../text/message-dates.ts';

/** Shown under a message that was delivered late. */
export function LateNote({ message }: { readonly message: TimelineMessage }) {
  const now = useNow();
  return (
    <span className="message-offline" title={datesSentence(message)}>
      <CloudOff size={12} aria-hidden />
      <span>
        sent while offline, written <bdi>{writtenLabel(message.sentAt, message.shownAt, now)}</bdi>
      </span>
    </span>
  );
}
