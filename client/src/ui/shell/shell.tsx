import type { TabloId } from '@tablo/schema/ids';
import { useEffect, useRef, useState } from 'react';
import type { ChannelSummary } from '../../chat/chat.ts';
import { useChannelList } from '../../hooks/use-channels.ts';
import { useChatUnread } from '../../hooks/use-chat-unread.ts';
import { ConnectionBanner } from '../connection/connection-banner.tsx';
import { DiscardProvider } from '../connection/discarding.tsx';
import { UndeliveredNotice } from '../connection/undelivered-notice.tsx';
import { Conversation } from '../conversation/conversation.tsx';
import { MainContainer } from '../kit/kit.tsx';
import { SkipLink } from '../kit/skip-link.tsx';
// This is not a separate script: letters typed after Ctrl+K must not go into the composer while a script is loading.
import { GoToDialog } from '../list/go-to-dialog.tsx';
import { NoTablo } from '../list/no-tablo.tsx';
import { Sidebar } from '../list/sidebar.tsx';
import { useVisited } from '../log/use-visited.ts';
import { COMPOSER, LOG, useFocusKeeper } from '../page/focus.ts';
import { useFrame, useMainElement } from '../page/frame.ts';
import { useFocusOnArrival } from '../page/hooks/use-focus-on-arrival.ts';
import { useListed } from '../page/hooks/use-listed.ts';
import { useIsNarrow, useIsTouch } from '../page/media.ts';
import { useNavigation } from '../page/navigation.tsx';
import { ShortcutsDialog, UnknownPlace } from '../parts.ts';
import { pageTitle } from '../text/phrases.ts';
import { useShortcuts } from './use-shortcuts.ts';

interface ShellProps {
  readonly onSignInAgain: () => void;
  /** `null`: people sign out in the host application. */
  readonly onSignOut: (() => void) | null;
}

const NEW_TABLO = '.new-tablo';
const linkTo = (href: string): string => `.tablo-link[href="${href}"]`;

/** A signed-in person's page: the list, and the conversation beside it; on a narrow screen one of them. */
export function Shell({ onSignInAgain, onSignOut }: ShellProps) {
  const { channels } = useListed();
  const { tabloId, isUnknown, openTablo, hrefOf } = useNavigation();
  const frame = useFrame();
  const Main = useMainElement();
  const isNarrow = useIsNarrow();
  const all = useChannelList().channels;
  const isOpen = (one: ChannelSummary) => one.id === tabloId;
  // A host may open what it does not list.
  const channel = channels.find(isOpen) ?? all.find(isOpen) ?? null;
  const { total: unread } = useChatUnread();
  // The reader was removed, or the tablo was deleted. The page says so under its name.
  const lastChannel = useRef<ChannelSummary | null>(null);
  if (channel !== null) lastChannel.current = channel;
  const name = channel?.name ?? (lastChannel.current?.id === tabloId ? lastChannel.current.name : null);
  const title = pageTitle(unread, name);

  const isTouch = useIsTouch();
  // On a phone the keyboard covers half of the screen: it opens only when the field is tapped.
  const inConversation = isTouch ? [LOG, COMPOSER] : [COMPOSER, LOG];
  const lastId = lastChannel.current?.id;
  useFocusKeeper([...inConversation, ...(lastId === undefined ? [] : [linkTo(hrefOf(lastId))]), NEW_TABLO]);

  const [opened, setOpened] = useState<'go-to' | 'shortcuts' | null>(null);
  const visited = useVisited(tabloId);
  const expectArrival = useFocusOnArrival(tabloId, inConversation);
  const goTo = (id: TabloId) => {
    expectArrival(id);
    openTablo(id);
  };
  useShortcuts({
    channels,
    tabloId,
    onGoTo: () => setOpened('go-to'),
    onHelp: () => setOpened('shortcuts'),
    onTablo: goTo,
  });

  const hasTitle = frame === null;
  useEffect(() => {
    if (hasTitle) document.title = title;
  }, [hasTitle, title]);

  // A frame that shows the conversation alone has nowhere else to go.
  const hasList = frame?.hasList ?? true;
  const isListShown = hasList && (!isNarrow || (tabloId === null && !isUnknown));
  const banner = <ConnectionBanner onSignInAgain={onSignInAgain} />;

  return (
    <DiscardProvider>
      {tabloId !== null && <SkipLink />}
      <UndeliveredNotice />
      {!isListShown && frame?.title != null && <h2 className="hidden-visually">{frame.title}</h2>}
      <MainContainer className={`shell ${isNarrow ? 'shell-narrow' : ''}`}>
        {isListShown && (
          // The one pane of a narrow screen is its main one; one element, so that what is typed in it survives a turn of the phone.
          <div className="shell-side" role={isNarrow && frame === null ? 'main' : undefined}>
            <Sidebar onSignOut={onSignOut} onShortcuts={() => setOpened('shortcuts')} />
            {isNarrow && banner}
          </div>
        )}
        {tabloId !== null ? (
          <Main className="shell-main">
            <Conversation key={tabloId} tabloId={tabloId} channel={channel} name={name} banner={banner} />
          </Main>
        ) : isUnknown ? (
          <UnknownPlace banner={banner} />
        ) : (
          !(isNarrow && isListShown) && <NoTablo banner={banner} />
        )}
      </MainContainer>
      {opened === 'go-to' && (
        <GoToDialog current={tabloId} visited={visited} onGo={goTo} onClose={() => setOpened(null)} />
      )}
      {opened === 'shortcuts' && <ShortcutsDialog onClose={() => setOpened(null)} />}
    </DiscardProvider>
  );
}
