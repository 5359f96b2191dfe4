import { ArrowLeft, Search, Settings2 } from 'lucide-react';
import { type ElementType, type ReactNode, useState } from 'react';
import type { ChannelSummary } from '../chat/chat.ts';
import { useReadable } from '../hooks/use-readable.ts';
import { Avatar } from './avatar.tsx';
import { ConnectionStatus } from './connection-status.tsx';
import { ConversationHeader, Slot } from './kit.tsx';
import { useIsNarrow } from './media.ts';
import { MessageSearch } from './message-search.tsx';
import { spokenName } from './name.tsx';
import { useNavigation } from './navigation.tsx';
import { membersSentence } from './phrases.ts';
import { useRoom } from './room-context.tsx';
import { TabloSettings } from './tablo-settings.tsx';

interface ConversationTopProps {
  readonly channel: ChannelSummary | null;
  readonly name: string;
  readonly banner: ReactNode;
  readonly as?: ElementType | null;
}

const MAX_FACES = 4;

export function ConversationTop({ channel, name, banner }: ConversationTopProps) {
  const { handle, personOf } = useRoom();
  const { openList } = useNavigation();
  const isNarrow = useIsNarrow();
  const { online } = useReadable(handle.presence);
  const members = useReadable(handle.members);
  const [opened, setOpened] = useState<'settings' | 'search' | null>(null);

  return (
    <>
      <ConversationHeader className="conversation-top">
        <ConversationHeader.Back>
          {isNarrow && (
            <button type="button" className="icon-button" aria-label="Back to all tablos" onClick={openList}>
              <ArrowLeft className="points" size={22} aria-hidden />
            </button>
          )}
        </ConversationHeader.Back>
        <Avatar as={Slot.avatar} id={handle.id} name={name} shape="tablo" size="sm" />
        <ConversationHeader.Content>
          <h2 className="conversation-name truncate" title={name}>
            <bdi>{name}</bdi>
          </h2>
          <p className="conversation-info truncate">
            {isNarrow && <ConnectionStatus />}
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
            <div className="avatar-stack" title={online.map(({ id }) => spokenName(personOf(id))).join(', ')}>
              {online.slice(0, MAX_FACES).map((person) => (
                <Avatar key={person.id} id={person.id} name={person.name} size="xs" />
              ))}
            </div>
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
