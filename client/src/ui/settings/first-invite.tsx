import type { TabloId } from '@tablo/schema/ids';
import { Link2, UserPlus } from 'lucide-react';
import { useState } from 'react';
import type { Invite } from '../../chat/chat.ts';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { Problem } from '../kit/problem.tsx';
import { copyText } from '../page/copy-text.ts';
import { fullLabel } from '../text/date-labels.ts';
import { sentenceOf } from '../text/sentence-of.ts';

interface FirstInviteProps {
  readonly tabloId: TabloId;
  /** Opens the dialog with all choices. */
  readonly onInvite: () => void;
}

/** Two ways to bring people into a tablo that has no messages yet: the dialog with all choices, and a link for members at once. */
export function FirstInvite({ tabloId, onInvite }: FirstInviteProps) {
  const chat = useChatClient();
  const [invite, setInvite] = useState<Invite | null>(null);
  const [isCopied, setIsCopied] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  const handleCopy = async () => {
    if (isBusy) return;
    setIsBusy(true);
    setProblem(null);
    try {
      const isGood = invite !== null && invite.expiresAt > Date.now();
      const { url, expiresAt } = isGood ? invite : await chat.createInvite(tabloId, 'member');
      setInvite({ url, expiresAt });
      // Some browsers copy only right after a click, and the answer took a moment: then the link is there to be copied by hand.
      setIsCopied(await isDone(copyText(url)));
    } catch (error) {
      setProblem(sentenceOf(error));
    }
    setIsBusy(false);
  };

  return (
    <div className="first-invite" aria-busy={isBusy}>
      <div className="first-invite-ways">
        <button
          type="button"
          className="button button-primary"
          onClick={() => {
            // The link may be revoked there.
            setInvite(null);
            onInvite();
          }}
        >
          <UserPlus size={16} aria-hidden /> Invite people
        </button>
        <button type="button" className="button button-plain" onClick={() => void handleCopy()}>
          <Link2 size={16} aria-hidden /> Copy link
        </button>
      </div>
      {invite !== null && (
        <>
          <input
            className="input invite-link"
            aria-label="Invite link"
            readOnly
            value={invite.url}
            onFocus={(event) => event.target.select()}
          />
          <p className="hint" aria-live="polite">
            {isCopied ? 'Copied.' : 'Copy it from here.'} Whoever has this link can join as a member until{' '}
            {fullLabel(invite.expiresAt)}.
          </p>
        </>
      )}
      <Problem text={problem} />
    </div>
  );
}

const isDone = (work: Promise<void>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );
