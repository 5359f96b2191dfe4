import { MessagesSquare } from 'lucide-react';
import { useMemo } from 'react';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useConnection } from '../../hooks/use-connection.ts';
import { useReadable } from '../../hooks/use-readable.ts';
import { useListed } from '../page/hooks/use-listed.ts';
import { useNow } from '../page/hooks/use-now.ts';
import { useIsNarrow } from '../page/media.ts';
import { useNavigation } from '../page/navigation.tsx';
import { InvitationList } from '../parts.ts';
import { matchTablos } from '../text/match-tablos.ts';
import { FirstSteps } from './first-steps.tsx';
import { TabloLink } from './tablo-link.tsx';

interface TabloListProps {
  readonly query: string;
  readonly onCreate: () => void;
  readonly onPicked: () => void;
}

const SKELETONS = ['a', 'b', 'c', 'd', 'e', 'f'];

export function TabloList({ query, onCreate, onPicked }: TabloListProps) {
  const chat = useChatClient();
  const { status, channels } = useListed();
  const invitations = useReadable(chat.invitations);
  const isOffline = useConnection().status === 'offline';
  const { tabloId, openTablo, hrefOf } = useNavigation();
  const isNarrow = useIsNarrow();
  const now = useNow();

  const found = useMemo(() => matchTablos(channels, query), [channels, query]);

  return (
    <nav className="tablo-list" aria-label="Tablos" aria-busy={status === 'loading'}>
      {invitations.length > 0 && <InvitationList invitations={invitations} onOpen={openTablo} />}
      {status === 'loading' && isOffline ? (
        <p className="list-empty hint">Your tablos are not on this device yet. They appear when the server answers.</p>
      ) : status === 'loading' ? (
        <ul aria-label="Loading">
          {SKELETONS.map((key) => (
            <li key={key} className="tablo-skeleton" />
          ))}
        </ul>
      ) : channels.length === 0 ? (
        <div className="list-empty">
          <MessagesSquare size={36} strokeWidth={1.5} aria-hidden />
          <p className="list-empty-title">No tablos yet</p>
          {/* In a wide window they stand beside the list. */}
          {isNarrow ? <FirstSteps onCreate={onCreate} /> : <p className="hint">They will stand here.</p>}
        </div>
      ) : found.length === 0 ? (
        <p className="list-empty hint">No tablo matches “{query.trim()}”.</p>
      ) : (
        <ul>
          {found.map((channel) => (
            <li key={channel.id}>
              <TabloLink
                channel={channel}
                href={hrefOf(channel.id)}
                isCurrent={channel.id === tabloId}
                isOwnLast={channel.lastMessage?.author === chat.user.id}
                now={now}
                onOpen={(id) => {
                  openTablo(id);
                  onPicked();
                }}
              />
            </li>
          ))}
        </ul>
      )}
    </nav>
  );
}
