import type { TabloId } from '@tablo/schema/ids';
import { memo } from 'react';
import type { ChannelSummary } from '../chat/chat.ts';
import { Avatar } from './avatar.tsx';
import { listLabel } from './date-labels.ts';
import { PersonName, You } from './name.tsx';
import { isPlainClick, tabloPath } from './navigation.tsx';
import { badgeLabel, unreadSentence } from './phrases.ts';
import { hasState, TabloState } from './tablo-state.tsx';

interface TabloLinkProps {
  readonly channel: ChannelSummary;
  readonly isCurrent: boolean;
  readonly isOwnLast: boolean;
  readonly now: number;
  readonly onOpen: (id: TabloId) => void;
}

/** The link's name is the tablo's name and nothing else; the preview and the count describe it. */
export const TabloLink = memo(function TabloLink({ channel, isCurrent, isOwnLast, now, onOpen }: TabloLinkProps) {
  const { id, name, lastMessage, unreadCount, unsent } = channel;
  const preview = `preview-${id}`;
  const unread = `unread-${id}`;
  const state = `state-${id}`;
  const isMarked = hasState(channel, isCurrent);

  return (
    <a
      href={tabloPath(id)}
      className={`tablo-link ${unreadCount > 0 ? 'tablo-link-unread' : ''}`}
      aria-label={name}
      aria-describedby={[unreadCount > 0 && unread, isMarked && state, preview].filter(Boolean).join(' ')}
      aria-current={isCurrent ? 'page' : undefined}
      onClick={(event) => {
        if (!isPlainClick(event)) return;
        event.preventDefault();
        onOpen(id);
      }}
    >
      <Avatar id={id} name={name} shape="tablo" size="md" />
      <span className="tablo-words">
        <span className="tablo-line">
          <span className="tablo-name truncate" title={name}>
            <bdi>{name}</bdi>
          </span>
          {lastMessage !== null && (
            <time className="tablo-time" dateTime={new Date(lastMessage.shownAt).toISOString()}>
              <bdi>{listLabel(lastMessage.shownAt, now)}</bdi>
            </time>
          )}
        </span>
        <span className="tablo-line">
          {isMarked && <TabloState id={state} channel={channel} isCurrent={isCurrent} />}
          <span className="tablo-preview truncate" id={preview}>
            {lastMessage === null ? (
              'No messages yet'
            ) : (
              <>
                <span className="tablo-author">
                  {isOwnLast ? (
                    <You />
                  ) : (
                    <PersonName person={{ name: lastMessage.authorName, mark: lastMessage.authorMark }} isInline />
                  )}
                  {': '}
                </span>
                {/* One line is shown; there is no need to lay out 8,000 characters for it. */}
                <bdi>{lastMessage.text.slice(0, 160)}</bdi>
              </>
            )}
          </span>
          {unsent.refused > 0 && (
            <span className="badge badge-refused" aria-hidden="true">
              !
            </span>
          )}
          {unreadCount > 0 && (
            <span className="badge" id={unread}>
              <bdi>{badgeLabel(unreadCount)}</bdi>
              <span className="hidden-visually"> {unreadSentence(unreadCount).replace(/^\d+ /u, '')}</span>
            </span>
          )}
        </span>
      </span>
    </a>
  );
});
