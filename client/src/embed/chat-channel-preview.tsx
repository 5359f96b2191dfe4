import { useId, useMemo } from 'react';
import { TabloRow } from '../ui/list/tablo-row.tsx';
import { useNow } from '../ui/page/hooks/use-now.ts';
import { useIsInBrowser } from '../ui/page/use-is-in-browser.ts';
import { createDateLabels } from '../ui/text/date-labels.ts';
import { useEmbed } from './embed-context.ts';
import { EmbedRoot } from './embed-root.tsx';
import { type HostTablo, readTablo } from './host-tablo.ts';

export interface ChatChannelPreviewProps {
  readonly tablo: HostTablo;
  /** It is the one that is open. */
  readonly isActive: boolean;
  onClick(): void;
  readonly unreadCount: number;
  /** Its text. */
  readonly lastMessage?: string | null | undefined;
  /** ISO 8601, ms since the Unix epoch, or a Date. */
  readonly lastMessageTime?: string | number | Date | null | undefined;
  /** Somebody else is there. */
  readonly isOnline: boolean;
}

/** One row of a list of channels that the host makes itself. */
export function ChatChannelPreview(props: ChatChannelPreviewProps) {
  const { tablo, isActive, onClick, unreadCount, lastMessage, lastMessageTime, isOnline } = props;
  const board = readTablo(tablo);
  const id = useId();
  const now = useNow();
  const labels = useDateLabels();
  // A server has another clock, time zone and language.
  const isInBrowser = useIsInBrowser();
  const at = lastMessageTime == null ? Number.NaN : new Date(lastMessageTime).getTime();
  const time = isInBrowser && Number.isFinite(at) ? { at, label: labels.listLabel(at, now) } : null;
  const describedBy = [unreadCount > 0 && `${id}-unread`, isOnline && `${id}-online`, `${id}-preview`];
  return (
    <EmbedRoot>
      <TabloRow
        id={board.id}
        name={board.name}
        color={board.color}
        image={board.image}
        isOnline={isOnline}
        opener={
          <button
            type="button"
            className="tablo-link tablo-name truncate"
            title={board.name}
            aria-describedby={describedBy.filter(Boolean).join(' ')}
            aria-current={isActive ? 'true' : undefined}
            onClick={() => onClick()}
          >
            <bdi>{board.name}</bdi>
          </button>
        }
        time={time}
        previewId={`${id}-preview`}
        preview={<bdi className="truncate">{lastMessage ? lastMessage.slice(0, 160) : 'No messages yet'}</bdi>}
        mark={
          isOnline && (
            <span className="hidden-visually" id={`${id}-online`}>
              Somebody is here now.
            </span>
          )
        }
        unreadCount={unreadCount}
        unreadId={`${id}-unread`}
      />
    </EmbedRoot>
  );
}

function useDateLabels() {
  const { locale } = useEmbed();
  return useMemo(() => {
    try {
      return createDateLabels(locale);
    } catch {
      return createDateLabels(); // No locale: `ChatPage` says so.
    }
  }, [locale]);
}
