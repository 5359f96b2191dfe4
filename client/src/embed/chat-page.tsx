import type { HostTablo } from './host-tablo.ts';

export interface ChatPageProps {
  /** Which channel is open, where the host decides it; `null`: none. Absent: the page remembers by itself. */
  readonly channelId?: string | null | undefined;
  /** A channel was picked, or left: `null`. */
  readonly onChannelSelect?: ((channelId: string | null) => void) | undefined;
  /** Only these are listed, by the host's names, colours and pictures. Absent: all of the user's. */
  readonly tablos?: readonly HostTablo[] | undefined;
  /** A heading over the list. */
  readonly title?: string | undefined;
  /** The conversation alone. */
  readonly hideList?: boolean | undefined;
}

export function ChatPage(_: ChatPageProps) {
  return <div className="tablo-chat" />;
}
