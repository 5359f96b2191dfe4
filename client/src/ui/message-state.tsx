import type { TimelineMessage } from '@tablo/schema/timeline';
import { Check, CircleAlert, Clock } from 'lucide-react';
import type { ReactNode } from 'react';

/** The truth about an own message: waiting, durable on the server, or refused. */
export function MessageState({ message }: { readonly message: TimelineMessage }) {
  const { status } = message.delivery;
  const hasPendingChange = message.unsentChanges.some((change) => change.delivery.status === 'pending');
  if (status === 'refused') return mark('refused', 'Not delivered', <CircleAlert size={15} aria-hidden />);
  if (status === 'pending') return mark('pending', 'Waiting to be sent', <Clock size={13} aria-hidden />);
  if (hasPendingChange) return mark('pending', 'Change waiting to be sent', <Clock size={13} aria-hidden />);
  return mark('sent', 'Sent', <Check size={14} aria-hidden />);
}

const mark = (state: string, label: string, icon: ReactNode) => (
  <span className={`message-state message-state-${state}`} title={label}>
    {icon}
    <span className="hidden-visually">{label}</span>
  </span>
);
