import { canModerate, isAtLeast, ROLES } from '@tablo/schema/roles';
import { UserMinus } from 'lucide-react';
import { useState } from 'react';
import type { ChannelSummary, Member } from '../chat/chat.ts';
import { useChatClient } from '../hooks/chat-provider.tsx';
import { useReadable } from '../hooks/use-readable.ts';
import { Avatar } from './avatar.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { ROLE_LABELS } from './role-labels.ts';
import { useRoom } from './room-context.tsx';
import { useToaster } from './toasts.tsx';

export function MemberList({ channel }: { readonly channel: ChannelSummary }) {
  const chat = useChatClient();
  const { handle, userId } = useRoom();
  const { attempt } = useToaster();
  const members = useReadable(handle.members);
  const { online } = useReadable(handle.presence);
  const [removing, setRemoving] = useState<Member | null>(null);
  const onlineIds = new Set(online.map((person) => person.id));

  return (
    <section className="settings-section">
      <h3>
        Members <span className="settings-count">{members.length}</span>
      </h3>
      <ul className="members">
        {members.map((member) => {
          const isManageable =
            member.id !== userId && canModerate(channel.role) && isAtLeast(channel.role, member.role);
          return (
            <li key={member.id} className="member">
              <Avatar id={member.id} name={member.name} size="sm" isOnline={onlineIds.has(member.id)} />
              <div className="member-words">
                <div className="member-name truncate" title={member.name}>
                  {member.name}
                  {member.id === userId && <span className="hint"> (you)</span>}
                  {onlineIds.has(member.id) && <span className="hidden-visually">, here now</span>}
                </div>
                {member.email !== null && (
                  <div className="hint truncate" title={member.email}>
                    {member.email}
                  </div>
                )}
              </div>
              {isManageable ? (
                <select
                  className="select"
                  aria-label={`Role of ${member.name}`}
                  value={member.role}
                  onChange={(event) => {
                    const role = ROLES.find((one) => one === event.target.value);
                    if (role !== undefined) attempt(chat.setMemberRole(channel.id, member.id, role));
                  }}
                >
                  {ROLES.filter((role) => isAtLeast(channel.role, role)).map((role) => (
                    <option key={role} value={role}>
                      {ROLE_LABELS[role]}
                    </option>
                  ))}
                </select>
              ) : (
                <span className="member-role">{ROLE_LABELS[member.role]}</span>
              )}
              {isManageable && (
                <button
                  type="button"
                  className="icon-button icon-button-small"
                  aria-label={`Remove ${member.name}`}
                  title="Remove"
                  onClick={() => setRemoving(member)}
                >
                  <UserMinus size={16} aria-hidden />
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {removing !== null && (
        <ConfirmDialog
          title={`Remove ${removing.name}?`}
          action="Remove"
          onConfirm={() => chat.removeMember(channel.id, removing.id)}
          onClose={() => setRemoving(null)}
        >
          <p>They can no longer read or write here. What they wrote stays.</p>
        </ConfirmDialog>
      )}
    </section>
  );
}
