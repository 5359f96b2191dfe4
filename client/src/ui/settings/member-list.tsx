import { canModerate, isAtLeast } from '@tablo/schema/roles';
import { ChevronDown, UserMinus } from 'lucide-react';
import { useId, useState } from 'react';
import type { ChannelSummary, Member, RoomPerson } from '../../chat/chat.ts';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useReadable } from '../../hooks/use-readable.ts';
import { ConfirmDialog } from '../dialog/confirm-dialog.tsx';
import { useOnlineOnly } from '../kit/online-only.tsx';
import { Avatar } from '../people/avatar.tsx';
import { PersonName, spokenName } from '../people/name.tsx';
import { useRoom } from '../people/room-context.tsx';
import { ROLE_LABELS } from '../text/role-labels.ts';
import { RoleDialog } from './role-dialog.tsx';

/** The address stands below the name anyway. */
const withoutMark = (person: RoomPerson, email: string | null): RoomPerson =>
  person.mark === email ? { ...person, mark: null } : person;

/** Rows of the dialog at first, and more at each *Show more*: tablos may have thousands. */
const MEMBERS_SHOWN = 200;

export function MemberList({ channel }: { readonly channel: ChannelSummary }) {
  const chat = useChatClient();
  const { handle, userId, personOf } = useRoom();
  const members = useReadable(handle.members);
  const { online } = useReadable(handle.presence);
  const [removing, setRemoving] = useState<Member | null>(null);
  const [shown, setShown] = useState(MEMBERS_SHOWN);
  const [changing, setChanging] = useState<Member['id'] | null>(null);
  const { isOff, button } = useOnlineOnly();
  const headingId = useId();
  const onlineIds = new Set(online.map((person) => person.id));
  const changed = members.find((member) => member.id === changing);

  return (
    <section className="settings-section" aria-labelledby={headingId}>
      <h3 id={headingId}>
        Members <bdi className="settings-count">{members.length}</bdi>
      </h3>
      <ul className="members">
        {members.slice(0, shown).map((member) => {
          const person = personOf(member.id);
          const spoken = spokenName(person);
          const isManageable =
            member.id !== userId && canModerate(channel.role) && isAtLeast(channel.role, member.role);
          return (
            <li key={member.id} className="member">
              <Avatar id={member.id} name={member.name} size="sm" isOnline={onlineIds.has(member.id)} />
              <div className="member-words">
                <div className="member-name truncate" title={spoken}>
                  <PersonName person={withoutMark(person, member.email)} />
                  {member.id === userId && <span className="page-word you"> (you)</span>}
                  {onlineIds.has(member.id) && <span className="hidden-visually">, here now</span>}
                </div>
                {member.email !== null && (
                  <div className="hint truncate" title={member.email}>
                    <bdi>{member.email}</bdi>
                  </div>
                )}
              </div>
              {isManageable ? (
                <button
                  type="button"
                  className="role-button"
                  aria-label={`Role of ${spoken}: ${ROLE_LABELS[member.role]}`}
                  aria-haspopup="dialog"
                  {...button}
                  onClick={() => !isOff && setChanging(member.id)}
                >
                  {ROLE_LABELS[member.role]}
                  <ChevronDown size={14} aria-hidden />
                </button>
              ) : (
                <span className="member-role">{ROLE_LABELS[member.role]}</span>
              )}
              {isManageable && (
                <button
                  type="button"
                  className="icon-button icon-button-small"
                  aria-label={`Remove ${spoken}`}
                  title="Remove"
                  {...button}
                  onClick={() => !isOff && setRemoving(member)}
                >
                  <UserMinus size={16} aria-hidden />
                </button>
              )}
            </li>
          );
        })}
      </ul>
      {members.length > shown && (
        <button type="button" className="link-button" onClick={() => setShown(shown + MEMBERS_SHOWN)}>
          Show more
        </button>
      )}
      {changed !== undefined && <RoleDialog channel={channel} member={changed} onClose={() => setChanging(null)} />}
      {removing !== null && (
        <ConfirmDialog
          title={
            <>
              Remove <PersonName person={personOf(removing.id)} isInline />?
            </>
          }
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
