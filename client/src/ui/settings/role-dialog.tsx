import { isAtLeast, ROLES, type Role } from '@tablo/schema/roles';
import { type FormEvent, useId, useState } from 'react';
import type { ChannelSummary, Member } from '../../chat/chat.ts';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { ConfirmDialog } from '../dialog/confirm-dialog.tsx';
import { Dialog } from '../dialog/dialog.tsx';
import { Problem } from '../kit/problem.tsx';
import { useToaster } from '../kit/toasts.tsx';
import { PersonName } from '../people/name.tsx';
import { useRoom } from '../people/room-context.tsx';
import { ROLE_LABELS, ROLE_POWERS } from '../text/role-labels.ts';
import { sentenceOf } from '../text/sentence-of.ts';

interface RoleDialogProps {
  readonly channel: ChannelSummary;
  readonly member: Member;
  readonly onClose: () => void;
}

/** A role is chosen here, and changes by *Save* alone; to make somebody an owner is asked once more. */
export function RoleDialog({ channel, member, onClose }: RoleDialogProps) {
  const chat = useChatClient();
  const { personOf } = useRoom();
  const { say } = useToaster();
  const [role, setRole] = useState<Role>(member.role);
  const [isAsking, setIsAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const person = personOf(member.id);
  const id = useId();

  const save = async () => {
    const outcome = await chat.setMemberRole(channel.id, member.id, role);
    say(outcome === 'invited' ? 'Invitation sent.' : 'Role changed.');
    onClose();
  };

  const handleSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || role === member.role) return;
    if (role === 'owner') return setIsAsking(true);
    setIsBusy(true);
    setProblem(null);
    try {
      await save();
    } catch (error) {
      setProblem(sentenceOf(error));
      setIsBusy(false);
    }
  };

  return (
    <Dialog
      title={
        <>
          Role of <PersonName person={person} isInline />
        </>
      }
      onClose={onClose}
    >
      <form noValidate onSubmit={(event) => void handleSubmit(event)}>
        <fieldset className="roles">
          <legend className="hidden-visually">Role</legend>
          {ROLES.filter((one) => isAtLeast(channel.role, one))
            .toReversed()
            .map((one) => (
              <label key={one} className="role-choice">
                <input
                  type="radio"
                  name={id}
                  aria-label={ROLE_LABELS[one]}
                  aria-describedby={`${id}-${one}`}
                  data-autofocus={one === member.role || undefined}
                  checked={role === one}
                  onChange={() => setRole(one)}
                />
                <span>
                  <span className="role-name">
                    {ROLE_LABELS[one]}
                    {one === member.role && <span className="role-now"> now</span>}
                  </span>
                  <span className="hint role-powers" id={`${id}-${one}`}>
                    {ROLE_POWERS[one]}
                  </span>
                </span>
              </label>
            ))}
        </fieldset>
        <Problem text={problem} />
        <div className="dialog-actions">
          <button type="button" className="button button-plain" onClick={onClose}>
            Cancel
          </button>
          {/* Not disabled while it works: a disabled button loses the focus. */}
          <button
            type="submit"
            className="button button-primary"
            disabled={role === member.role}
            aria-disabled={isBusy}
          >
            Save
          </button>
        </div>
      </form>
      {isAsking && (
        <ConfirmDialog
          title={
            <>
              Make <PersonName person={person} isInline /> an owner?
            </>
          }
          action="Make owner"
          onConfirm={save}
          onClose={() => setIsAsking(false)}
        >
          <p>Owners can do everything here: also take your own role from you, remove you, and delete the tablo.</p>
        </ConfirmDialog>
      )}
    </Dialog>
  );
}
