import type { TabloId } from '@tablo/schema/ids';
import { useCallback, useEffect, useId, useState } from 'react';
import { ChatError, type InviteLink } from '../../chat/chat.ts';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useOnlineOnly } from '../kit/online-only.tsx';
import { Problem } from '../kit/problem.tsx';
import { PersonName, You } from '../people/name.tsx';
import { useRoom } from '../people/room-context.tsx';
import { fullLabel } from '../text/date-labels.ts';
import { usesSentence } from '../text/phrases.ts';
import { ROLE_LABELS } from '../text/role-labels.ts';
import { sentenceOf } from '../text/sentence-of.ts';

interface InviteLinksProps {
  /** Under the heading that stands above it. */
  readonly heading: 'h3' | 'h4';
  readonly tabloId: TabloId;
  /** Another number: a link was made, so the list is read anew. */
  readonly version: number;
  readonly onRevoked: () => void;
}

/** Nothing is shown while offline, which is shown elsewhere. */
const UNSAID: readonly string[] = ['offline', 'not-found', 'forbidden'];

/** The links into this tablo that still work, whoever made them. */
export function InviteLinks({ heading: Heading, tabloId, version, onRevoked }: InviteLinksProps) {
  const chat = useChatClient();
  const [links, setLinks] = useState<readonly InviteLink[]>([]);
  const [problem, setProblem] = useState<string | null>(null);
  const headingId = useId();

  const load = useCallback(async () => {
    try {
      return await chat.listInvites(tabloId);
    } catch (error) {
      if (!(error instanceof ChatError && UNSAID.includes(error.code))) setProblem(sentenceOf(error));
      return null;
    }
  }, [chat, tabloId]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another version, another list.
  useEffect(() => {
    let isStale = false;
    void load().then((known) => {
      if (!isStale && known !== null) setLinks(known);
    });
    return () => {
      isStale = true;
    };
  }, [load, version]);

  const handleRevoke = async ({ id }: InviteLink) => {
    setProblem(null);
    try {
      await chat.revokeInvite(tabloId, id);
    } catch (error) {
      // The link has ended meanwhile, as was wanted.
      if (!(error instanceof ChatError && error.code === 'not-found')) return setProblem(sentenceOf(error));
    }
    setLinks((known) => known.filter((link) => link.id !== id));
    onRevoked();
  };

  if (links.length === 0) return <Problem text={problem} />;
  return (
    <div className="invite-links">
      <Heading id={headingId}>Links that work</Heading>
      <ul aria-labelledby={headingId}>
        {links.map((link) => (
          <LinkItem key={link.id} link={link} onRevoke={() => void handleRevoke(link)} />
        ))}
      </ul>
      <Problem text={problem} />
    </div>
  );
}

function LinkItem({ link, onRevoke }: { readonly link: InviteLink; readonly onRevoke: () => void }) {
  const { personOf, userId } = useRoom();
  const { isOff, reasonId, button } = useOnlineOnly();
  const descriptionId = useId();
  return (
    <li className="invite-link-item">
      <div className="member-words" id={descriptionId}>
        <div>
          {ROLE_LABELS[link.role]}, by{' '}
          {link.createdBy === userId ? <You /> : <PersonName person={personOf(link.createdBy)} isInline />}
        </div>
        <div className="hint">
          <bdi>
            {usesSentence(link.uses, link.maxUses)}, until {fullLabel(link.expiresAt)}
          </bdi>
        </div>
      </div>
      <button
        type="button"
        className="button button-plain button-small"
        {...button}
        aria-describedby={[descriptionId, reasonId].filter(Boolean).join(' ')}
        onClick={() => !isOff && onRevoke()}
      >
        Revoke
      </button>
    </li>
  );
}
