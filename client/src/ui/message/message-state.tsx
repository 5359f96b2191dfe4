import type { TimelineMessage } from '@tablo/schema/timeline';
import { Check, CircleAlert, Clock } from 'lucide-react';
import type { ReactNode } from 'react';

interface MessageStateProps {
  readonly id: string;
  readonly message: TimelineMessage;
}

/** The state of an own message: waiting, durable on the server, or refused. */
export function MessageState({ id, message }: MessageStateProps) {
  const { status } = message.delivery;
  const hasPendingChange = message.unsentChanges.some((change) => change.delivery.status === 'pending');
  if (status === 'refused') return mark(id, 'refused', 'Not delivered', <CircleAlert size={15} aria-hidden />);
  if (status === 'pending') return mark(id, 'pending', 'Waiting to be sent', <Clock size={13} aria-hidden />);
  if (hasPendingChange) return mark(id, 'pending', 'Change waiting to be sent', <Clock size={13} aria-hidden />);
  return mark(id, 'sent', 'Sent', <Check size={14} aria-hidden />);
}

const mark = (id: string, state: string, label: string, icon: ReactNode) => (
  <span id={id} className={`message-state message-state-${state}`} title={label}>
    {icon}
    <span className="hidden-visually">{label}</span>
  </span>
);
