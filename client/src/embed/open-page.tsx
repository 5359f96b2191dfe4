/** What `ChatPage` shows while somebody is here: our page's own parts, and a host's frame around them in place of routes and accounts. */
import { useEffect, useMemo } from 'react';
import { reportProblem } from '../chat/base/report-error.ts';
import { useChannelList } from '../hooks/use-channels.ts';
import { FileNotice } from '../ui/kit/file-notice.tsx';
import { ToastProvider } from '../ui/kit/toasts.tsx';
import { guardAgainstFiles } from '../ui/page/file-guard.ts';
import { type Frame, FrameContext } from '../ui/page/frame.ts';
import { HostedContext } from '../ui/page/hosted.ts';
import { NavigationContext } from '../ui/page/navigation.tsx';
import { useParts } from '../ui/page/part.tsx';
import { PlacesProvider } from '../ui/people/places.tsx';
import { Shell } from '../ui/shell/shell.tsx';
import { setDateLocale } from '../ui/text/date-labels.ts';
import type { ChatPageProps } from './chat-page.tsx';
import { useEmbed } from './embed-context.ts';
import { useHostNavigation } from './use-host-navigation.ts';

interface OpenPageProps extends Pick<ChatPageProps, 'channelId' | 'onChannelSelect'> {
  readonly frame: Frame;
}

export function OpenPage({ frame, ...host }: OpenPageProps) {
  const { locale, askAgain } = useEmbed();
  const navigation = useHostNavigation(host);
  useParts(useChannelList().status === 'ready');
  // Before the first label: those who render again because of it are the children of this.
  useMemo(() => {
    try {
      setDateLocale(locale);
    } catch (error) {
      reportProblem(error); // No locale: dates stay as they were.
    }
  }, [locale]);

  const { root } = frame;
  useEffect(() => (root.current === null ? undefined : guardAgainstFiles(root.current)), [root]);

  return (
    <FrameContext.Provider value={frame}>
      <NavigationContext.Provider value={navigation}>
        <ToastProvider>
          <PlacesProvider>
            <HostedContext.Provider value>
              <Shell onSignOut={null} onSignInAgain={askAgain} />
              <FileNotice />
            </HostedContext.Provider>
          </PlacesProvider>
        </ToastProvider>
      </NavigationContext.Provider>
    </FrameContext.Provider>
  );
}
