import type { EntryId } from '@tablo/schema/ids';
import { ArrowDown } from 'lucide-react';
import {
  type ElementType,
  Fragment,
  type KeyboardEvent,
  type Ref,
  useImperativeHandle,
  useMemo,
  useState,
} from 'react';
import { useReadable } from '../hooks/use-readable.ts';
import { dayLabel } from './date-labels.ts';
import { useDiscarding } from './discarding.tsx';
import { groupMessages } from './group-messages.ts';
import { MessageSeparator } from './kit.tsx';
import { LogStart } from './log-start.tsx';
import { MessageRow } from './message-row.tsx';
import { badgeLabel } from './phrases.ts';
import { useRoom } from './room-context.tsx';
import { useHistory } from './use-history.ts';
import { useLogScroll } from './use-log-scroll.ts';
import { useMarkRead } from './use-mark-read.ts';
import { useNow } from './use-now.ts';
import { useUnseen } from './use-unseen.ts';

export interface MessageLogControls {
  jumpTo(id: EntryId): void;
  jumpToLatest(): void;
}

interface MessageLogProps {
  readonly ref: Ref<MessageLogControls>;
  readonly unreadCount: number;
  /** The message whose menu is open keeps its toolbar. */
  readonly menuFor: EntryId | null;
  readonly as?: ElementType | null;
}

/**
 * The conversation. Own scroller, because the kit's jumps when older and newer messages come together and when a keyboard opens (TRAPS 5).
 */
export function MessageLog({ ref, unreadCount, menuFor }: MessageLogProps) {
  const { handle, userId, personOf } = useRoom();
  const view = useReadable(handle.view);
  const { firstUnreadId } = view;
  const { ids: discarding } = useDiscarding();
  const messages = useMemo(
    () => (discarding.size === 0 ? view.messages : view.messages.filter(({ id }) => !discarding.has(id))),
    [view.messages, discarding],
  );
  const now = useNow();
  const [activeId, setActiveId] = useState<EntryId | null>(null);

  const history = useHistory(handle, view);
  const scroll = useLogScroll({
    messages,
    firstUnreadId,
    isReady: view.status === 'ready',
    onNearTop: history.handleNearTop,
  });
  const unseen = useUnseen({ messages, firstUnreadId, userId, isAtBottom: scroll.isAtBottom });
  useMarkRead({
    handle,
    isReady: view.status === 'ready',
    isAtBottom: scroll.isAtBottom,
    newest: messages.at(-1)?.id,
    unreadCount,
  });

  const shown = useMemo(
    () => groupMessages(messages.slice(scroll.range.start, scroll.range.end), firstUnreadId),
    [messages, scroll.range.start, scroll.range.end, firstUnreadId],
  );
  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);

  useImperativeHandle(
    ref,
    () => ({
      jumpTo: (id) => void history.loadUntil(id).then((isHere) => isHere && scroll.jumpTo(id)),
      jumpToLatest: scroll.jumpToLatest,
    }),
    [history.loadUntil, scroll.jumpTo, scroll.jumpToLatest],
  );

  return (
    <div className="log-frame">
      <div
        ref={scroll.scrollerRef}
        className="log"
        role="log"
        aria-label="Messages"
        aria-busy={view.status === 'loading'}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroller without focusable content must take the focus to be scrolled by keys.
        tabIndex={0}
        onScroll={scroll.handleScroll}
        onKeyDown={handleLogKeys}
        onPointerLeave={() => setActiveId(null)}
      >
        <div ref={scroll.contentRef} className="log-content">
          <LogStart
            isLoading={view.status === 'loading' || view.isLoadingMore}
            isEmpty={view.status === 'ready' && messages.length === 0}
            isBeginning={view.isAtBeginning && scroll.range.start === 0}
            hasProblem={history.hasProblem}
            onLoadMore={history.loadMore}
          />
          {shown.map((row) => (
            <Fragment key={row.key}>
              {row.type === 'day' ? (
                <MessageSeparator className="day-separator">
                  <span>{dayLabel(row.at, now)}</span>
                </MessageSeparator>
              ) : row.type === 'new' ? (
                <MessageSeparator className="new-separator" data-new-divider="">
                  <span>New messages</span>
                </MessageSeparator>
              ) : (
                <MessageRow
                  message={row.message}
                  isFirst={row.isFirst}
                  isLast={row.isLast}
                  isOwn={row.message.author === userId}
                  isActive={row.key === activeId || row.key === menuFor}
                  isFlashed={row.key === scroll.flashedId}
                  author={personOf(row.message.author)}
                  quoted={row.message.replyTo === null ? null : (byId.get(row.message.replyTo) ?? null)}
                  onActive={setActiveId}
                />
              )}
            </Fragment>
          ))}
        </div>
      </div>
      {!scroll.isAtBottom && messages.length > 0 && (
        <button type="button" className="jump-latest" aria-label={jumpLabel(unseen)} onClick={scroll.jumpToLatest}>
          <ArrowDown size={20} aria-hidden />
          {unseen > 0 && <bdi className="badge">{badgeLabel(unseen)}</bdi>}
        </button>
      )}
    </div>
  );
}

const jumpLabel = (unseen: number): string =>
  unseen === 0 ? 'Jump to the latest' : `Jump to the latest, ${unseen} new`;

/** Arrow keys walk from message to message; what is focused shows its toolbar, and Tab goes into it. */
function handleLogKeys(event: KeyboardEvent<HTMLElement>): void {
  const target = event.target as HTMLElement;
  if (target !== event.currentTarget && !target.matches('[data-message-id]')) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-message-id]')];
  const here = all.indexOf(target);
  const next =
    event.key === 'ArrowUp'
      ? here < 0
        ? all.at(-1)
        : all[here - 1]
      : event.key === 'ArrowDown'
        ? all[here + 1]
        : null;
  if (next === null || next === undefined || (here < 0 && event.key === 'ArrowDown')) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
}
