import type { TabloId } from '@tablo/schema/ids';
import { MessagesSquare } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { ChannelSummary } from '../chat/chat.ts';
import { useChannels } from '../hooks/use-channels.ts';
import { ConnectionBanner } from './connection-banner.tsx';
import { Conversation } from './conversation.tsx';
import { DiscardProvider } from './discarding.tsx';
import { useFocusKeeper } from './focus.ts';
import { MainContainer } from './kit.tsx';
import { useIsNarrow, useIsTouch } from './media.ts';
import { tabloPath, useNavigation } from './navigation.tsx';
import { pageTitle } from './phrases.ts';
import { Sidebar } from './sidebar.tsx';
import { UndeliveredNotice } from './undelivered-notice.tsx';

interface ShellProps {
  readonly onSignInAgain: () => void;
  readonly onSignOut: () => void;
}

const COMPOSER = '.composer-field';
const LOG = '.log';
const NEW_TABLO = '.new-tablo';
const linkTo = (id: TabloId): string => `.tablo-link[href="${tabloPath(id)}"]`;

/** A signed-in person's page: the list, and the conversation beside it; on a narrow screen one of them. */
export function Shell({ onSignInAgain, onSignOut }: ShellProps) {
  const { channels } = useChannels();
  const { tabloId } = useNavigation();
  const isNarrow = useIsNarrow();
  const channel = channels.find((one) => one.id === tabloId) ?? null;
  const unread = channels.reduce((sum, one) => sum + one.unreadCount, 0);
  // Removed from it, or it was deleted: what was read here stays on the screen, under its name.
  const lastChannel = useRef<ChannelSummary | null>(null);
  if (channel !== null) lastChannel.current = channel;
  const name = channel?.name ?? (lastChannel.current?.id === tabloId ? lastChannel.current.name : null);
  const title = pageTitle(unread, name);

  const isTouch = useIsTouch();
  // A keyboard over the half of a phone's screen is nobody's wish who has not tapped the field.
  const inConversation = isTouch ? [LOG, COMPOSER] : [COMPOSER, LOG];
  const lastId = lastChannel.current?.id;
  useFocusKeeper([...inConversation, ...(lastId === undefined ? [] : [linkTo(lastId)]), NEW_TABLO]);

  useEffect(() => {
    document.title = title;
  }, [title]);

  const banner = <ConnectionBanner onSignInAgain={onSignInAgain} />;

  return (
    <DiscardProvider>
      <UndeliveredNotice />
      <MainContainer className="shell">
        {(!isNarrow || tabloId === null) && (
          <div className="shell-side">
            <Sidebar onSignOut={onSignOut} />
            {isNarrow && banner}
          </div>
        )}
        {tabloId !== null ? (
          <Conversation key={tabloId} tabloId={tabloId} channel={channel} name={name ?? ''} banner={banner} />
        ) : (
          !isNarrow && (
            <div className="conversation no-tablo">
              {banner}
              <div className="no-tablo-words">
                <MessagesSquare size={44} strokeWidth={1.4} aria-hidden />
                <p className="no-tablo-title">{channels.length === 0 ? 'Welcome to Tablo Chat' : 'Pick a tablo'}</p>
                <p className="hint">
                  Everything you open stays readable without a network, and what you write is sent later.
                </p>
              </div>
            </div>
          )
        )}
      </MainContainer>
    </DiscardProvider>
  );
}
