import { PanelLeft } from 'lucide-react';
import { usePeople } from '../hooks/use-people.ts';
import { ConversationHeader, Slot } from '../ui/kit/kit.tsx';
import { Avatar, AvatarSkeleton } from '../ui/people/avatar.tsx';
import { FaceStack } from '../ui/people/face-stack.tsx';
import { EmbedRoot } from './embed-root.tsx';
import { type HostTablo, readTablo } from './host-tablo.ts';

export interface ChatHeaderProps {
  /** `null`: none is open. */
  readonly tablo: HostTablo | null;
  readonly onToggleChannelList?: (() => void) | undefined;
  readonly isChannelListExpanded?: boolean | undefined;
  /** Ids of who is there, as `useChat` gives them. */
  readonly onlineUsers: readonly string[];
}

/** The top of a conversation that the host makes itself. */
export function ChatHeader({
  tablo,
  onToggleChannelList,
  isChannelListExpanded = false,
  onlineUsers,
}: ChatHeaderProps) {
  const board = tablo === null ? null : readTablo(tablo);
  const people = usePeople();
  const faces = onlineUsers.map((id) => ({ id, name: people[id]?.name ?? '' }));
  return (
    <EmbedRoot>
      <ConversationHeader className="conversation-top">
        <ConversationHeader.Back>
          {onToggleChannelList !== undefined && (
            <button
              type="button"
              className="icon-button"
              aria-label="Channels"
              aria-expanded={isChannelListExpanded}
              onClick={() => onToggleChannelList()}
            >
              <PanelLeft className="points" size={20} aria-hidden />
            </button>
          )}
        </ConversationHeader.Back>
        {board === null ? (
          <AvatarSkeleton as={Slot.avatar} />
        ) : (
          <Avatar
            as={Slot.avatar}
            id={board.id}
            name={board.name}
            color={board.color}
            image={board.image}
            shape="tablo"
            size="sm"
          />
        )}
        <ConversationHeader.Content>
          <h2 className="conversation-name truncate" title={board?.name}>
            <bdi>{board?.name ?? 'No channel is open'}</bdi>
          </h2>
          <p className="conversation-info truncate">
            {onlineUsers.length > 0 && (
              <span>
                <bdi>{onlineUsers.length} here now</bdi>
              </span>
            )}
          </p>
        </ConversationHeader.Content>
        <ConversationHeader.Actions>
          {faces.length > 1 && <FaceStack faces={faces} title={faces.flatMap(({ name }) => name || []).join(', ')} />}
        </ConversationHeader.Actions>
      </ConversationHeader>
    </EmbedRoot>
  );
}
