import type { TabloId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import { useId, useState } from 'react';
import type { Invitation } from '../../chat/chat.ts';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useToaster } from '../kit/toasts.tsx';
import { useFrame } from '../page/frame.ts';
import { Avatar } from '../people/avatar.tsx';
import { Inviter } from '../people/inviter.tsx';
import { membersSentence } from '../text/phrases.ts';

interface InvitationListProps {
  /** At least one. */
  readonly invitations: readonly Invitation[];
  readonly onOpen: (id: TabloId) => void;
}

/** Above the list of tablos: this person's open invitations. */
export function InvitationList({ invitations, onOpen }: InvitationListProps) {
  const chat = useChatClient();
  const headingId = useId();
  const Heading = useFrame() === null ? 'h2' : 'h3';
  return (
    <section className="invitations" aria-labelledby={headingId}>
      <Heading id={headingId}>Invitations</Heading>
      <ul>
        {invitations.map((invitation) => (
          <InvitationItem key={invitation.id} invitation={invitation} onOpen={onOpen} />
        ))}
      </ul>
      <p className="hint">
        The members of a tablo that you accept see your name{chat.user.email !== null && ' and your email address'}.
      </p>
    </section>
  );
}

const ROLE_TERMS: Record<Role, string> = {
  guest: 'To read, as a guest',
  member: 'As a member',
  admin: 'As an admin',
  owner: 'As an owner',
};

interface InvitationItemProps {
  readonly invitation: Invitation;
  readonly onOpen: (id: TabloId) => void;
}

function InvitationItem({ invitation, onOpen }: InvitationItemProps) {
  const chat = useChatClient();
  const { attempt } = useToaster();
  const [isBusy, setIsBusy] = useState(false);
  const nameId = useId();
  const termsId = useId();
  const { id, tabloName, memberCount, role, invitedBy } = invitation;

  const answer = (work: () => Promise<void>) => {
    if (isBusy) return;
    setIsBusy(true);
    attempt(work().finally(() => setIsBusy(false)));
  };
  const description = `${nameId} ${termsId}`;

  return (
    <li className="invitation" aria-busy={isBusy}>
      <Avatar id={id} name={tabloName} shape="tablo" size="md" />
      <div className="invitation-words">
        <div className="tablo-name truncate" id={nameId} title={tabloName}>
          <bdi>{tabloName}</bdi>
        </div>
        <div className="invitation-terms" id={termsId}>
          <p className="truncate">
            <Inviter name={invitedBy} /> invites you
          </p>{' '}
          <p>
            {ROLE_TERMS[role]} · {membersSentence(memberCount)}
          </p>
        </div>
        <div className="invitation-actions">
          <button
            type="button"
            className="button button-primary button-small"
            aria-describedby={description}
            aria-disabled={isBusy}
            onClick={() => answer(async () => onOpen(await chat.acceptInvitation(id)))}
          >
            Accept
          </button>
          <button
            type="button"
            className="button button-plain button-small"
            aria-describedby={description}
            aria-disabled={isBusy}
            onClick={() => answer(() => chat.declineInvitation(id))}
          >
            Decline
          </button>
        </div>
      </div>
    </li>
  );
}
