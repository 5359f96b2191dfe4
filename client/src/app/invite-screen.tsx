import { MailWarning } from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { type Chat, ChatError, type InviteOffer } from '../chat/chat.ts';
import { Logo } from '../ui/logo.tsx';
import { sentenceOf } from '../ui/sentence-of.ts';
import { InviteOfferCard } from './invite-offer-card.tsx';
import { navigate } from './router.ts';

interface InviteScreenProps {
  readonly chat: Chat;
  readonly code: string;
}

type State =
  | { readonly type: 'loading' }
  | { readonly type: 'offer'; readonly offer: InviteOffer }
  | { readonly type: 'ended' }
  | { readonly type: 'problem'; readonly sentence: string };

const stateOf = (error: unknown): State =>
  error instanceof ChatError && error.code === 'not-found'
    ? { type: 'ended' }
    : { type: 'problem', sentence: sentenceOf(error) };
const toTablos = () => navigate({ type: 'list' }, 'replace');

/**
 * What an invitation link leads to, and whether to go there. Opening the link never joins by itself: any page may send a visitor here, and joining shows
 * their name to people whom they may not know [R6].
 */
export function InviteScreen({ chat, code }: InviteScreenProps) {
  const [state, setState] = useState<State>({ type: 'loading' });
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    document.title = 'Invitation · Tablo Chat';
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks again.
  useEffect(() => {
    let isStale = false;
    const show = (next: State) => !isStale && setState(next);
    setState({ type: 'loading' });
    chat.readInvite(code).then(
      (offer) => show({ type: 'offer', offer }),
      (error: unknown) => show(stateOf(error)),
    );
    return () => {
      isStale = true;
    };
  }, [chat, code, attempt]);

  const handleJoin = async () => {
    try {
      navigate({ type: 'tablo', id: await chat.acceptInvite(code) }, 'replace');
    } catch (error) {
      if (stateOf(error).type !== 'ended') throw error;
      setState({ type: 'ended' });
    }
  };

  switch (state.type) {
    case 'loading':
      return (
        <main className="starting" aria-busy="true">
          <Logo size={56} />
          <p>Opening your invitation…</p>
        </main>
      );
    case 'offer':
      return (
        <InviteOfferCard
          offer={state.offer}
          user={chat.user}
          server={location.host}
          onJoin={handleJoin}
          onCancel={toTablos}
        />
      );
    case 'ended':
      return (
        <Apology title="This invitation has ended">
          <p role="alert">It has expired, was used up or was revoked. Ask whoever sent it for a new one.</p>
          <button type="button" className="button button-primary" onClick={toTablos}>
            To your tablos
          </button>
        </Apology>
      );
    case 'problem':
      return (
        <Apology title="The invitation could not be opened">
          <p role="alert">{state.sentence}</p>
          <div className="dialog-actions">
            <button type="button" className="button button-plain" onClick={toTablos}>
              To your tablos
            </button>
            <button type="button" className="button button-primary" onClick={() => setAttempt(attempt + 1)}>
              Try again
            </button>
          </div>
        </Apology>
      );
  }
}

function Apology({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const headingRef = useRef<HTMLHeadingElement>(null);
  useEffect(() => headingRef.current?.focus(), []);
  return (
    <main className="starting invite-apology">
      <MailWarning size={40} strokeWidth={1.5} aria-hidden />
      <h1 ref={headingRef} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </main>
  );
}
