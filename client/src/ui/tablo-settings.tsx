import { canModerate } from '@tablo/schema/roles';
import type { ChannelSummary } from '../chat/chat.ts';
import { useConnection } from '../hooks/use-connection.ts';
import { Dialog } from './dialog.tsx';
import { InviteSection } from './invite-section.tsx';
import { LeaveSection } from './leave-section.tsx';
import { MemberList } from './member-list.tsx';
import { RenameSection } from './rename-section.tsx';

interface TabloSettingsProps {
  readonly channel: ChannelSummary;
  readonly onClose: () => void;
}

export function TabloSettings({ channel, onClose }: TabloSettingsProps) {
  const isOnline = useConnection().status === 'online';
  return (
    <Dialog title={<bdi>{channel.name}</bdi>} size="medium" onClose={onClose}>
      {!isOnline && <p className="settings-note">You are offline: changes here need a connection to the server.</p>}
      {canModerate(channel.role) && <InviteSection tabloId={channel.id} role={channel.role} />}
      <MemberList channel={channel} />
      {canModerate(channel.role) && <RenameSection channel={channel} />}
      <LeaveSection channel={channel} onGone={onClose} />
    </Dialog>
  );
}
