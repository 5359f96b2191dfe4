import type { Role } from '@tablo/schema/roles';
import { Clock, Server, ShieldCheck, Users } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Chat, InviteOffer } from '../chat/chat.ts';
import { Problem } from '../ui/kit/problem.tsx';
import { Avatar } from '../ui/people/avatar.tsx';
import { Inviter } from '../ui/people/inviter.tsx';
import { fullLabel } from '../ui/text/date-labels.ts';
import { membersSentence } from '../ui/text/phrases.ts';
import { sentenceOf } from '../ui/text/sentence-of.ts';

interface InviteOfferCardProps {
  readonly offer: InviteOffer;
  readonly user: Chat['user'];
  /** Host and port, as in the address of the page. */
  readonly server: string;
  /** Rejects with the reason why it did not work. */
  readonly onAccept: () => Promise<void>;
  readonly onCancel: () => void;
}

/** A click that was meant for the page before, which another site has just swapped for this one, must not join. */
const DELIBERATE_AFTER_MS = 500;

const ROLE_TERMS: Record<Role, string> = {
  guest: 'You join as a guest: you can read, not write',
  member: 'You join as a member: you can read and write',
  admin: 'You join as an admin: you can also invite, rename and remove',
  owner: 'You join as an owner: everything is yours to change',
};

/** Shows what the invitation leads to and who has sent it, before anybody learns of this person. */
export function InviteOfferCard({ offer, user, server, onAccept, onCancel }: InviteOfferCardProps) {
  const [isReady, setIsReady] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const headingRef = useRef<HTMLHeadingElement>(null);

  // The question first; the answer is never under the Enter key that brought people here.
  useEffect(() => {
    headingRef.current?.focus();
    const timer = setTimeout(() => setIsReady(true), DELIBERATE_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);

  const handleAccept = async () => {
    if (!isReady || isBusy) return;
    setIsBusy(true);
    setProblem(null);
    try {
      await onAccept();
    } catch (error) {
      setProblem(sentenceOf(error));
      setIsBusy(false);
    }
  };

  return (
    <main className="auth invite">
      <div className="auth-card" aria-busy={isBusy}>
        <header className="auth-header">
          <Avatar id={offer.tabloName} name={offer.tabloName} shape="tablo" size="lg" />
          <h1 ref={headingRef} tabIndex={-1}>
            Join <bdi>{offer.tabloName}</bdi>?
          </h1>
          <p className="invite-by">
            <Inviter name={offer.invitedBy} /> invited you.
          </p>
        </header>
        <ul className="invite-facts">
          <li>
            <Users size={16} aria-hidden /> {membersSentence(offer.memberCount)}
          </li>
          <li>
            <ShieldCheck size={16} aria-hidden /> {ROLE_TERMS[offer.role]}
          </li>
          <li>
            <Server size={16} aria-hidden /> On the server {server}
          </li>
          <li>
            <Clock size={16} aria-hidden /> The invitation is open until {fullLabel(offer.expiresAt)}
          </li>
        </ul>
        <p className="invite-consent">
          Its members will see your name, <bdi>{user.name}</bdi>
          {user.email !== null && (
            <>
              , and your email address, <bdi>{user.email}</bdi>
            </>
          )}
          .
        </p>
        <Problem text={problem} />
        <div className="dialog-actions">
          <button type="button" className="button button-plain" onClick={onCancel}>
            Not now
          </button>
          <button
            type="button"
            className="button button-primary"
            // While it is busy not `disabled`: that would take the focus away, and with it the place in the page if it fails.
            aria-disabled={isBusy}
            disabled={!isReady}
            onClick={() => void handleAccept()}
          >
            Accept
          </button>
        </div>
      </div>
    </main>
  );
}
