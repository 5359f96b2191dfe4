/** The chat of whoever the host application has signed in, for the hooks and components below. Renders nothing of its own. */
import { type ReactNode, useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { onProblem } from '../chat/base/report-error.ts';
import { OpenChatProvider } from '../hooks/chat-context.tsx';
import { EmbedContext } from './embed-context.ts';
import type { GetToken } from './host-tokens.ts';
import { openHostSession } from './open-host-session.ts';
import type { ChatTheme } from './theme.ts';

export interface ChatProviderProps {
  /** Where the chat server is, with the path below which it lives. */
  readonly serverUrl: string;
  /** A token of whoever is signed in; `null`: nobody is. Asked ahead of a token's end, and after it has changed. */
  readonly getToken: GetToken;
  /** Of dates and times, as `Intl` has it. Absent: the browser's. One for the whole page: of several providers the last one that says it decides. */
  readonly locale?: string | undefined;
  readonly theme?: ChatTheme | undefined;
  /** What goes wrong and nobody is told of otherwise. Of several providers on one page each is told of what goes wrong below any of them. */
  readonly onError?: ((error: unknown) => void) | undefined;
  readonly children?: ReactNode;
}

export function ChatProvider({ serverUrl, getToken, locale, theme = 'host', onError, children }: ChatProviderProps) {
  const getTokenRef = useRef(getToken);
  // One for each server; it does nothing before it is mounted, so one that React throws away does no harm.
  const session = useMemo(() => openHostSession(serverUrl, getTokenRef.current), [serverUrl]);
  const { chat, status, access } = useSyncExternalStore(session.state.subscribe, session.state.get, session.state.get);

  useEffect(() => {
    getTokenRef.current = getToken;
    session.setGetToken(getToken);
  }, [session, getToken]);
  useEffect(() => session.mount(), [session]);

  const onErrorRef = useRef(onError);
  const isListening = onError !== undefined;
  useEffect(() => {
    onErrorRef.current = onError;
  }, [onError]);
  useEffect(() => (isListening ? onProblem((error) => onErrorRef.current?.(error)) : undefined), [isListening]);

  const embed = useMemo(
    () => ({ serverUrl, locale, theme, status, askAgain: () => session.askAgain() }),
    [serverUrl, locale, theme, status, session],
  );
  return (
    <EmbedContext.Provider value={embed}>
      <OpenChatProvider chat={chat} access={access}>
        {children}
      </OpenChatProvider>
    </EmbedContext.Provider>
  );
}
