import { CircleAlert, Clock, Pencil } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ChannelSummary } from '../../chat/chat.ts';

interface TabloStateProps {
  readonly id: string;
  readonly channel: ChannelSummary;
  /** One sees the draft of the open tablo where one types it. */
  readonly isCurrent: boolean;
}

export const hasState = ({ unsent, hasDraft }: ChannelSummary, isCurrent: boolean): boolean =>
  unsent.refused > 0 || unsent.pending > 0 || (hasDraft && !isCurrent);

/** [R8] Before the preview: own messages that are not delivered, and the draft. */
export function TabloState({ id, channel, isCurrent }: TabloStateProps) {
  const { unsent, hasDraft } = channel;
  return (
    <span className="tablo-state" id={id}>
      {unsent.refused > 0
        ? mark('refused', 'Not delivered', <CircleAlert size={14} aria-hidden />)
        : unsent.pending > 0 && mark('pending', 'Sending', <Clock size={13} aria-hidden />)}
      {unsent.refused + unsent.pending > 0 && hasDraft && !isCurrent && ' '}
      {hasDraft && !isCurrent && mark('draft', 'Draft', <Pencil size={13} aria-hidden />)}
    </span>
  );
}

const mark = (state: string, words: string, icon: ReactNode) => (
  <span className={`tablo-state-${state}`} title={words}>
    {icon}
    <span className="hidden-visually">{words}.</span>
  </span>
);
