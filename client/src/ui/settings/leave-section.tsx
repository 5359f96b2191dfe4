import { canDeleteTablo } from '@tablo/schema/roles';
import { useId, useState } from 'react';
import type { ChannelSummary } from '../../chat/chat.ts';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { ConfirmDialog } from '../dialog/confirm-dialog.tsx';
import { useOnlineOnly } from '../kit/online-only.tsx';
import { useNavigation } from '../page/navigation.tsx';

interface LeaveSectionProps {
  readonly channel: ChannelSummary;
  readonly onGone: () => void;
}

export function LeaveSection({ channel, onGone }: LeaveSectionProps) {
  const chat = useChatClient();
  const { openList } = useNavigation();
  const { isOff, button } = useOnlineOnly();
  const [asking, setAsking] = useState<'leave' | 'delete' | null>(null);
  const headingId = useId();
  const ask = (what: 'leave' | 'delete') => () => !isOff && setAsking(what);

  const handleConfirm = async () => {
    if (asking === 'delete') await chat.deleteTablo(channel.id);
    else await chat.leaveTablo(channel.id);
    openList();
    onGone();
  };

  return (
    <section className="settings-section settings-leave" aria-labelledby={headingId}>
      <h3 id={headingId}>{canDeleteTablo(channel.role) ? 'Leave or delete' : 'Leave'}</h3>
      <button type="button" className="button button-quiet-danger" {...button} onClick={ask('leave')}>
        Leave tablo
      </button>
      {canDeleteTablo(channel.role) && (
        <button type="button" className="button button-quiet-danger" {...button} onClick={ask('delete')}>
          Delete tablo
        </button>
      )}
      {asking !== null && (
        <ConfirmDialog
          title={asking === 'delete' ? 'Delete this tablo?' : 'Leave this tablo?'}
          action={asking === 'delete' ? 'Delete' : 'Leave'}
          {...(asking === 'delete' ? { nameToType: channel.name } : {})}
          onConfirm={handleConfirm}
          onClose={() => setAsking(null)}
        >
          {channel.hasDraft && <p>Your unsent text there is deleted with it.</p>}
          <p>
            {asking === 'delete' ? (
              <>
                “<bdi>{channel.name}</bdi>” closes for everybody, with all its messages. This cannot be undone.
              </>
            ) : (
              <>
                You need a new invitation to come back to “<bdi>{channel.name}</bdi>”.
              </>
            )}
          </p>
        </ConfirmDialog>
      )}
    </section>
  );
}
