import type { HostTablo } from './host-tablo.ts';

export interface ChatHeaderProps {
  readonly tablo: HostTablo | null;
  readonly onToggleChannelList?: (() => void) | undefined;
  readonly isChannelListExpanded?: boolean | undefined;
  /** Ids of who is there. */
  readonly onlineUsers: readonly string[];
}

export function ChatHeader(_: ChatHeaderProps) {
  return <div className="tablo-chat" />;
}
