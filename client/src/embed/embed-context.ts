/** What a provider tells the components below it, beside the chat. */
import { createContext, useContext } from 'react';
import type { HostState } from './host-session.ts';
import type { ChatTheme } from './theme.ts';

export interface Embed {
  readonly serverUrl: string;
  readonly locale: string | undefined;
  readonly theme: ChatTheme;
  readonly status: HostState['status'];
  /** Asks the host again who is signed in. */
  askAgain(): void;
}

export const EmbedContext = createContext<Embed | null>(null);

export function useEmbed(): Embed {
  const embed = useContext(EmbedContext);
  if (embed === null) throw new Error('Components of the chat need a ChatProvider above them.');
  return embed;
}
