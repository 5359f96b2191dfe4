import type { TabloId } from '@tablo/schema/ids';
import { useEffect, useState } from 'react';
import { type Chat, ChatError, type InviteOffer } from '../chat/chat.ts';
import { DeadEnd } from '../ui/kit/dead-end.tsx';
import { Logo } from '../ui/kit/logo.tsx';
import { sentenceOf } from '../ui/text/sentence-of.ts';
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
  | { readonly type: 'problem'; readonly sentence: string; readonly canRetry: boolean };

/** The server has read the link and knows nothing (more) of it. */
const ENDED: readonly string[] = ['not-found', 'invalid-request', 'forbidden'];
/** The same again would be refused again. All others are about the network or the server, which come back. */
const LASTING: readonly string[] = ['unauthenticated', 'token-expired'];

function stateOf(error: unknown): State {
  const code = error instanceof ChatError ? error.code : '';
  if (ENDED.includes(code)) return { type: 'ended' };
  return { type: 'problem', sentence: sentenceOf(error), canRetry: !LASTING.includes(code) };
}

const toTablos = () => navigate({ type: 'list' }, 'replace');
const toTablo = (id: TabloId) => navigate({ type: 'tablo', id, message: null }, 'replace');

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
    setState({ type: 'loading' });
    chat.readInvite(code).then(
      (offer) => {
        if (isStale) return;
        // Nothing to ask whoever is there already.
        if (offer.joined !== null) toTablo(offer.joined);
        else setState({ type: 'offer', offer });
      },
      (error: unknown) => {
        if (!isStale) setState(stateOf(error));
      },
    );
    return () => {
      isStale = true;
    };
  }, [chat, code, attempt]);

  const handleAccept = async () => {
    try {
      toTablo(await chat.acceptInvite(code));
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
          <h1 className="starting-title">Opening your invitation…</h1>
        </main>
      );
    case 'offer':
      return (
        <InviteOfferCard
          offer={state.offer}
          user={chat.user}
          server={location.host}
          onAccept={handleAccept}
          onCancel={toTablos}
        />
      );
    case 'ended':
      return (
        <main className="invite-end">
          <DeadEnd
            title="This invitation has ended"
            sentence="It has expired, was used up or revoked, or the link is not complete: ask whoever sent it for a new one."
          >
            <ToTablos isMain />
          </DeadEnd>
        </main>
      );
    case 'problem':
      return (
        <main className="invite-end">
          <DeadEnd title="The invitation could not be opened" sentence={state.sentence}>
            <div className="dialog-actions">
              <ToTablos isMain={!state.canRetry} />
              {state.canRetry && (
                <button type="button" className="button button-primary" onClick={() => setAttempt(attempt + 1)}>
                  Try again
                </button>
              )}
            </div>
          </DeadEnd>
        </main>
      );
  }
}

const ToTablos = ({ isMain }: { readonly isMain: boolean }) => (
  <button type="button" className={`button ${isMain ? 'button-primary' : 'button-plain'}`} onClick={toTablos}>
    To your tablos
  </button>
);
