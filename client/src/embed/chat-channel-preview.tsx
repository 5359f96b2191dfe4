import type { HostTablo } from './host-tablo.ts';

export interface ChatChannelPreviewProps {
  readonly tablo: HostTablo;
  readonly isActive: boolean;
  readonly onClick: () => void;
  readonly unreadCount: number;
  readonly lastMessage?: string | null | undefined;
  /** ISO 8601, ms since the Unix epoch, or a Date. */
  readonly lastMessageTime?: string | number | Date | null | undefined;
  readonly isOnline: boolean;
}

export function ChatChannelPreview(_: ChatChannelPreviewProps) {
  return <div className="tablo-chat" />;
}
