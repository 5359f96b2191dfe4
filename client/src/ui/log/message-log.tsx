import type { EntryId } from '@tablo/schema/ids';
import { ArrowDown } from 'lucide-react';
import { type ElementType, Fragment, type Ref, useImperativeHandle, useMemo } from 'react';
import { useReadable } from '../../hooks/use-readable.ts';
import { useDiscarding } from '../connection/discarding.tsx';
import { MessageSeparator } from '../kit/kit.tsx';
import { allowedCommands } from '../message/allowed-commands.ts';
import { handleLogKey } from '../message/log-keys.ts';
import { MessageRow } from '../message/message-row.tsx';
import { useHeading } from '../page/frame.ts';
import { useNow } from '../page/hooks/use-now.ts';
import { useRoving } from '../page/hooks/use-roving.ts';
import { usePlace } from '../people/places.tsx';
import { useRoom } from '../people/room-context.tsx';
import { dayLabel, fullDayLabel } from '../text/date-labels.ts';
import { groupMessages } from '../text/group-messages.ts';
import { Announcer } from './announcer.tsx';
import { LogEnd } from './log-end.tsx';
import { LogStart } from './log-start.tsx';
import { NewBar } from './new-bar.tsx';
import { useHistory } from './use-history.ts';
import { useJumps } from './use-jumps.ts';
import { useLogScroll } from './use-log-scroll.ts';
import { useMarkRead } from './use-mark-read.ts';
import { useNewBar } from './use-new-bar.ts';
import { useOpening } from './use-opening.ts';
import { useUnseen } from './use-unseen.ts';

export interface MessageLogControls {
  jumpTo(id: EntryId): void;
  jumpToLatest(): void;
}

interface MessageLogProps {
  readonly controls: Ref<MessageLogControls>;
  readonly unreadCount: number;
  /** The message whose menu is open keeps its toolbar. */
  readonly menuFor: EntryId | null;
  readonly as?: ElementType | null;
}

/**
 * The conversation. Own scroller, because the kit's jumps when older and newer messages come together and when a keyboard opens (TRAPS 5).
 */
export function MessageLog({ controls, unreadCount, menuFor }: MessageLogProps) {
  const room = useRoom();
  const Heading = useHeading(2);
  const { handle, userId, personOf } = room;
  const view = useReadable(handle.view);
  const { firstUnreadId } = view;
  const { ids: discarding } = useDiscarding();
  const messages = useMemo(
    () => (discarding.size === 0 ? view.messages : view.messages.filter(({ id }) => !discarding.has(id))),
    [view.messages, discarding],
  );
  const now = useNow();

  const isReady = view.status === 'ready';
  const history = useHistory(handle, view);
  const place = usePlace(handle.id);
  const opening = useOpening({ handle, view, kept: place.kept });
  const scroll = useLogScroll({
    ...{ messages, firstUnreadId, isReady },
    firstUnreadAt: view.firstUnreadAt,
    hasNewer: view.hasNewer,
    isWaiting: opening.isWaiting,
    kept: place.kept,
    onPlace: place.keep,
    onNearTop: history.older.handleNear,
    onNearEnd: history.newer.handleNear,
  });
  const jumps = useJumps(handle, scroll, opening);
  const unseen = useUnseen({ messages, unreadCount, userId, isAtBottom: scroll.isAtBottom });
  const newBar = useNewBar({ view, unreadCount, isAtBottom: scroll.isAtBottom, side: scroll.newSide });
  useMarkRead({
    ...{ handle, isReady, unreadCount },
    isAtBottom: scroll.isAtBottom,
    isHeld: newBar.isHeld,
    newest: messages.at(-1)?.id,
  });

  const shown = useMemo(
    () => groupMessages(messages.slice(scroll.range.start, scroll.range.end), firstUnreadId),
    [messages, scroll.range.start, scroll.range.end, firstUnreadId],
  );
  const byId = useMemo(() => new Map(messages.map((message) => [message.id, message])), [messages]);
  const shownIds = useMemo(() => shown.flatMap((row) => (row.type === 'message' ? [row.key] : [])), [shown]);
  const { tabStopId, activeId, handlers, startAtNewest, isByKeyboard } = useRoving(shownIds);

  /** By key: `false` where it can't be done. Who has clicked into the log and then types is writing. */
  const runCommand = (command: 'reply' | 'edit', id: EntryId): boolean => {
    const message = byId.get(id);
    if (!isByKeyboard() || message === undefined || !allowedCommands(message, room)[command]) return false;
    if (command === 'reply') room.startReply(message);
    else room.startEdit(message);
    return true;
  };

  const jumpToLatest = () => {
    startAtNewest();
    jumps.jumpToLatest();
  };

  useImperativeHandle(controls, () => ({ jumpTo: jumps.jumpTo, jumpToLatest: jumps.jumpToLatest }), [jumps]);

  return (
    <div className="log-frame">
      {newBar.isShown && (
        <NewBar
          count={unreadCount}
          since={view.firstUnreadAt}
          isBelow={newBar.isBelow}
          onJump={jumps.jumpToNew}
          onRead={() => handle.dismissNew()}
        />
      )}
      <div
        ref={scroll.scrollerRef}
        className="log"
        role="log"
        aria-label="Messages"
        aria-busy={!isReady || opening.isWaiting}
        // Most additions are not new messages, and `announcer.tsx` announces the new ones.
        aria-live="off"
        // Tab leads to one of its messages; when the page itself sets the focus here, the arrows start from the newest.
        tabIndex={-1}
        onScroll={scroll.handleScroll}
        onKeyDown={(event) =>
          handleLogKey(event, {
            oldestId: messages[0]?.id,
            newestId: messages.at(-1)?.id,
            jumpTo: jumps.jumpTo,
            reply: (id) => runCommand('reply', id),
            edit: (id) => runCommand('edit', id),
          })
        }
        {...handlers}
      >
        <div ref={scroll.contentRef} className={`log-content ${opening.isWaiting ? 'log-content-waiting' : ''}`}>
          <LogStart
            isLoading={view.status === 'loading' || view.isLoadingMore}
            isBare={messages.length === 0}
            isEmpty={isReady && messages.length === 0}
            isBeginning={view.isAtBeginning && scroll.range.start === 0}
            hasProblem={history.older.hasProblem}
            onLoadMore={history.older.load}
          />
          {shown.map((row) => (
            <Fragment key={row.key}>
              {row.type === 'day' ? (
                <MessageSeparator className="day-separator">
                  <Heading title={fullDayLabel(row.at)}>{dayLabel(row.at, now)}</Heading>
                </MessageSeparator>
              ) : row.type === 'new' ? (
                <MessageSeparator className="new-separator" data-new-divider="">
                  <Heading>New messages</Heading>
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
                  isTabStop={row.key === tabStopId}
                />
              )}
            </Fragment>
          ))}
          {view.hasNewer && <LogEnd hasProblem={history.newer.hasProblem} onLoadMore={history.newer.load} />}
        </div>
      </div>
      <Announcer log={scroll.scrollerRef} />
      {!scroll.isAtBottom && messages.length > 0 && (
        <div className="jump-line">
          <button type="button" className="jump-latest" aria-label={jumpLabel(unseen)} onClick={jumpToLatest}>
            <ArrowDown size={18} aria-hidden />
            <bdi>{unseen > 0 ? `${unseen} new` : 'Latest'}</bdi>
          </button>
        </div>
      )}
    </div>
  );
}

const jumpLabel = (unseen: number): string =>
  unseen === 0 ? 'Jump to the latest' : `Jump to the latest, ${unseen} new`;
