import type { TabloId } from '@tablo/schema/ids';
import { memo } from 'react';
import type { ChannelSummary } from '../../chat/chat.ts';
import { isPlainClick } from '../page/navigation.tsx';
import { PersonName, You } from '../people/name.tsx';
import { listLabel } from '../text/date-labels.ts';
import { TabloRow } from './tablo-row.tsx';
import { hasState, TabloState } from './tablo-state.tsx';

interface TabloLinkProps {
  readonly channel: ChannelSummary;
  readonly href: string;
  readonly isCurrent: boolean;
  readonly isOwnLast: boolean;
  readonly now: number;
  readonly onOpen: (id: TabloId) => void;
}

type LastMessage = NonNullable<ChannelSummary['lastMessage']>;
const authorOf = ({ authorName, authorMark, isAuthorNamed, hasAuthorLeft }: LastMessage) => ({
  ...{ name: authorName, mark: authorMark, isNamed: isAuthorNamed, hasLeft: hasAuthorLeft },
});

/** The link is the tablo's name and nothing else, and its area the whole row (`tablo-list.css`). The preview and the count describe it. */
export const TabloLink = memo(function TabloLink({ channel, href, isCurrent, isOwnLast, now, onOpen }: TabloLinkProps) {
  const { id, name, lastMessage, unreadCount, unsent } = channel;
  const preview = `preview-${id}`;
  const unread = `unread-${id}`;
  const state = `state-${id}`;
  const isMarked = hasState(channel, isCurrent);

  return (
    <TabloRow
      id={id}
      name={name}
      opener={
        <a
          href={href}
          className="tablo-link tablo-name truncate"
          title={name}
          aria-label={name}
          aria-describedby={[unreadCount > 0 && unread, isMarked && state, preview].filter(Boolean).join(' ')}
          aria-current={isCurrent ? 'page' : undefined}
          onClick={(event) => {
            if (!isPlainClick(event)) return;
            event.preventDefault();
            onOpen(id);
          }}
        >
          <bdi>{name}</bdi>
        </a>
      }
      time={lastMessage === null ? null : { at: lastMessage.shownAt, label: listLabel(lastMessage.shownAt, now) }}
      state={isMarked && <TabloState id={state} channel={channel} isCurrent={isCurrent} />}
      previewId={preview}
      preview={
        lastMessage === null ? (
          <span className="truncate">No messages yet</span>
        ) : (
          <>
            <span className="tablo-author">
              {isOwnLast ? <You /> : <PersonName person={authorOf(lastMessage)} isInline />}
              {': '}
            </span>
            {/* A box of its own: cut where the text ends, which is on the left of a text that is read from the right. One line of 8,000 characters is enough to lay out. */}
            <bdi className="truncate">{lastMessage.text.slice(0, 160)}</bdi>
          </>
        )
      }
      mark={
        unsent.refused > 0 && (
          <span className="badge badge-refused" aria-hidden="true">
            !
          </span>
        )
      }
      unreadCount={unreadCount}
      unreadId={unread}
    />
  );
});
