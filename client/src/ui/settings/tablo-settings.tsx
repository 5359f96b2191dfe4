import { canModerate } from '@tablo/schema/roles';
import { useId } from 'react';
import type { ChannelSummary } from '../../chat/chat.ts';
import { useConnection } from '../../hooks/use-connection.ts';
import { Dialog } from '../dialog/dialog.tsx';
import { OnlineOnlyContext } from '../kit/online-only.tsx';
import { InviteSection } from './invite-section.tsx';
import { LeaveSection } from './leave-section.tsx';
import { MemberList } from './member-list.tsx';
import { RenameSection } from './rename-section.tsx';

interface TabloSettingsProps {
  readonly channel: ChannelSummary;
  readonly onClose: () => void;
}

export function TabloSettings({ channel, onClose }: TabloSettingsProps) {
  const isOffline = useConnection().status === 'offline';
  const reasonId = useId();
  return (
    <Dialog title={<bdi>{channel.name}</bdi>} size="medium" onClose={onClose}>
      {isOffline && (
        <p className="settings-note" id={reasonId}>
          You are offline: changes here need a connection to the server.
        </p>
      )}
      <OnlineOnlyContext.Provider value={isOffline ? reasonId : null}>
        {canModerate(channel.role) && <InviteSection tabloId={channel.id} role={channel.role} />}
        <MemberList channel={channel} />
        {canModerate(channel.role) && <RenameSection channel={channel} />}
        <LeaveSection channel={channel} onGone={onClose} />
      </OnlineOnlyContext.Provider>
    </Dialog>
  );
}
