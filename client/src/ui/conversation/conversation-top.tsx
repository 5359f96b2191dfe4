import { canModerate } from '@tablo/schema/roles';
import { ArrowLeft, Search, Settings2, UserPlus } from 'lucide-react';
import { type ElementType, type ReactNode, useRef, useState } from 'react';
import type { ChannelSummary } from '../../chat/chat.ts';
import { useReadable } from '../../hooks/use-readable.ts';
import { ConnectionStatus } from '../connection/connection-status.tsx';
import { ConversationHeader, Slot } from '../kit/kit.tsx';
import { useFrame, useHeading } from '../page/frame.ts';
import { useIsNarrow } from '../page/media.ts';
import { useNavigation } from '../page/navigation.tsx';
import { MessageSearch, TabloSettings } from '../parts.ts';
import { Avatar, AvatarSkeleton } from '../people/avatar.tsx';
import { FaceStack } from '../people/face-stack.tsx';
import { spokenName } from '../people/name.tsx';
import { useRoom } from '../people/room-context.tsx';
import { membersSentence } from '../text/phrases.ts';

interface ConversationTopProps {
  readonly channel: ChannelSummary | null;
  /** `null`: not known yet. */
  readonly name: string | null;
  readonly banner: ReactNode;
  readonly as?: ElementType | null;
}

export function ConversationTop({ channel, name, banner }: ConversationTopProps) {
  const { handle, personOf, invitePeople } = useRoom();
  const { openList } = useNavigation();
  const isNarrow = useIsNarrow();
  const Heading = useHeading(1);
  const hasList = useFrame()?.hasList ?? true;
  const { online } = useReadable(handle.presence);
  const members = useReadable(handle.members);
  const [opened, setOpened] = useState<'settings' | 'search' | null>(null);
  const detailsRef = useRef<HTMLButtonElement>(null);
  const openDetails = () => {
    // The focus is set on the button that was pressed, so that a closing dialog gives it back there.
    detailsRef.current?.focus({ preventScroll: true });
    setOpened('settings');
  };
  const canInvite = channel !== null && canModerate(channel.role);
  // There are no other members yet: inviting is the first thing to do, so the button has a label.
  const isFirst = members.length === 1;

  return (
    <>
      <ConversationHeader className="conversation-top">
        <ConversationHeader.Back>
          {isNarrow && hasList && (
            <button type="button" className="icon-button" aria-label="Back to all tablos" onClick={openList}>
              <ArrowLeft className="points" size={22} aria-hidden />
            </button>
          )}
        </ConversationHeader.Back>
        {name === null ? (
          <AvatarSkeleton as={Slot.avatar} />
        ) : (
          <Avatar as={Slot.avatar} id={handle.id} name={name} shape="tablo" size="sm" />
        )}
        {/* All of it opens what its button opens: on a phone it is the larger target, and what it opens shows the whole name. */}
        <ConversationHeader.Content
          className={channel === null ? undefined : 'conversation-opens'}
          onClick={channel === null ? undefined : openDetails}
        >
          {name === null && <div className="conversation-name name-skeleton" aria-hidden="true" />}
          <Heading className={name === null ? 'hidden-visually' : 'conversation-name truncate'}>
            {name === null ? (
              'Tablo'
            ) : channel === null ? (
              <bdi title={name}>{name}</bdi>
            ) : (
              <button
                ref={detailsRef}
                type="button"
                className="conversation-details"
                aria-haspopup="dialog"
                title={name}
              >
                <bdi>{name}</bdi>
              </button>
            )}
          </Heading>
          <p className="conversation-info truncate">
            {(isNarrow || !hasList) && <ConnectionStatus />}
            {members.length > 0 && !(isNarrow && online.length > 1) && (
              <span>
                <bdi>{membersSentence(members.length)}</bdi>
              </span>
            )}
            {online.length > 1 && (
              <span>
                <bdi>{online.length} here now</bdi>
              </span>
            )}
          </p>
        </ConversationHeader.Content>
        <ConversationHeader.Actions>
          {!isNarrow && online.length > 1 && (
            <FaceStack faces={online} title={online.map(({ id }) => spokenName(personOf(id))).join(', ')} />
          )}
          {canInvite && (!isNarrow || isFirst) && (
            <button
              type="button"
              className={isFirst && !isNarrow ? 'button button-plain button-small' : 'icon-button'}
              aria-label="Invite people"
              title="Invite people"
              onClick={invitePeople}
            >
              <UserPlus size={isFirst && !isNarrow ? 16 : 20} aria-hidden />
              {isFirst && !isNarrow && 'Invite people'}
            </button>
          )}
          <button
            type="button"
            className="icon-button"
            aria-label="Search this tablo"
            title="Search this tablo"
            onClick={() => setOpened('search')}
          >
            <Search size={20} aria-hidden />
          </button>
          {channel !== null && (
            <button
              type="button"
              className="icon-button"
              aria-label="Members and settings"
              title="Members and settings"
              onClick={() => setOpened('settings')}
            >
              <Settings2 size={20} aria-hidden />
            </button>
          )}
        </ConversationHeader.Actions>
      </ConversationHeader>
      {banner}
      {opened === 'settings' && channel !== null && <TabloSettings channel={channel} onClose={() => setOpened(null)} />}
      {opened === 'search' && <MessageSearch onClose={() => setOpened(null)} />}
    </>
  );
}
