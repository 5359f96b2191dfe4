import type { TabloId } from '@tablo/schema/ids';
import { isAtLeast, ROLES, type Role } from '@tablo/schema/roles';
import { Check, Copy, Link2 } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import type { Invite } from '../../chat/chat.ts';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useOnlineOnly } from '../kit/online-only.tsx';
import { Problem } from '../kit/problem.tsx';
import { copyText } from '../page/copy-text.ts';
import { fullLabel } from '../text/date-labels.ts';
import { ROLE_LABELS } from '../text/role-labels.ts';
import { sentenceOf } from '../text/sentence-of.ts';
import { InviteLinks } from './invite-links.tsx';

interface InviteSectionProps {
  readonly tabloId: TabloId;
  readonly role: Role;
  /** All that is in its dialog, which has the same title. */
  readonly isAlone?: boolean;
}

export function InviteSection({ tabloId, role, isAlone = false }: InviteSectionProps) {
  const chat = useChatClient();
  const [inviteRole, setInviteRole] = useState<Role>('member');
  const [invite, setInvite] = useState<Invite | null>(null);
  const [isCopied, setIsCopied] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [linksVersion, setLinksVersion] = useState(0);
  const linkRef = useRef<HTMLInputElement>(null);
  const { isOff, reasonId, button } = useOnlineOnly();
  const headingId = useId();

  const handleCreate = async () => {
    if (isOff) return;
    setProblem(null);
    try {
      setInvite(await chat.createInvite(tabloId, inviteRole));
      setIsCopied(false);
      setLinksVersion((version) => version + 1);
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };

  const handleCopy = async () => {
    if (invite === null) return;
    linkRef.current?.select();
    try {
      await copyText(invite.url);
      setIsCopied(true);
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };

  return (
    <section className="settings-section" aria-labelledby={isAlone ? undefined : headingId}>
      {!isAlone && <h3 id={headingId}>Invite people</h3>}
      {invite === null ? (
        <div className="settings-line">
          <label className="invite-role">
            <span>They join as</span>
            <select
              className="select"
              // A select cannot be read-only; it is disabled only for a moment.
              disabled={isOff}
              aria-describedby={reasonId}
              value={inviteRole}
              onChange={(event) => setInviteRole(ROLES.find((one) => one === event.target.value) ?? 'member')}
            >
              {ROLES.filter((one) => isAtLeast(role, one)).map((one) => (
                <option key={one} value={one}>
                  {ROLE_LABELS[one]}
                </option>
              ))}
            </select>
          </label>
          <button type="button" className="button button-primary" {...button} onClick={() => void handleCreate()}>
            <Link2 size={16} aria-hidden /> Create invite link
          </button>
        </div>
      ) : (
        <>
          <div className="settings-line">
            <input
              ref={linkRef}
              className="input invite-link"
              aria-label="Invite link"
              readOnly
              value={invite.url}
              onFocus={(event) => event.target.select()}
            />
            <button type="button" className="button button-primary" onClick={() => void handleCopy()}>
              {isCopied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
              {isCopied ? 'Copied' : 'Copy link'}
            </button>
          </div>
          <p className="hint">Whoever has this link can join until {fullLabel(invite.expiresAt)}.</p>
        </>
      )}
      <Problem text={problem} />
      <InviteLinks
        heading={isAlone ? 'h3' : 'h4'}
        tabloId={tabloId}
        version={linksVersion}
        onRevoked={() => setInvite(null)}
      />
    </section>
  );
}
