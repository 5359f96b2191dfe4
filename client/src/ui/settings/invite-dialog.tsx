import type { TabloId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import { useId } from 'react';
import { useConnection } from '../../hooks/use-connection.ts';
import { Dialog } from '../dialog/dialog.tsx';
import { OnlineOnlyContext } from '../kit/online-only.tsx';
import { InviteSection } from './invite-section.tsx';

interface InviteDialogProps {
  readonly tabloId: TabloId;
  /** Of whoever invites. */
  readonly role: Role;
  readonly onClose: () => void;
}

export function InviteDialog({ tabloId, role, onClose }: InviteDialogProps) {
  const isOffline = useConnection().status === 'offline';
  const reasonId = useId();
  return (
    <Dialog title="Invite people" size="medium" onClose={onClose}>
      {isOffline && (
        <p id={reasonId} className="settings-note">
          You are offline: inviting needs a connection to the server.
        </p>
      )}
      <OnlineOnlyContext.Provider value={isOffline ? reasonId : null}>
        <InviteSection tabloId={tabloId} role={role} isAlone />
      </OnlineOnlyContext.Provider>
    </Dialog>
  );
}
