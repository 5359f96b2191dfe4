import { REASONS } from '@tablo/schema/close-codes';
import { CloudOff, HardDrive, KeyRound, ServerCrash, Unplug } from 'lucide-react';
import { type ReactNode, useContext } from 'react';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useChannelList } from '../../hooks/use-channels.ts';
import { useConnection } from '../../hooks/use-connection.ts';
import { useReadable } from '../../hooks/use-readable.ts';
import { HostedContext } from '../page/hosted.ts';
import { waitingSentence } from '../text/phrases.ts';
import { useSaveUnsent } from './use-save-unsent.ts';

interface ConnectionBannerProps {
  readonly onSignInAgain: () => void;
}

/** Strips that explain what does not work now, what happens to the messages, and what can be done. */
export function ConnectionBanner({ onSignInAgain }: ConnectionBannerProps) {
  const chat = useChatClient();
  const connection = useConnection();
  const saveUnsent = useSaveUnsent();
  const storage = useReadable(chat.storage);
  const isHosted = useContext(HostedContext);
  const { reason } = connection;
  const obstacle = connection.status === 'offline' ? connection.obstacle : undefined;
  const waiting = useChannelList().channels.reduce((sum, { unsent }) => sum + unsent.pending, 0);
  const waitingWords = waiting === 0 ? '' : ` ${waitingSentence(waiting)}`;
  const isSessionOver = reason !== undefined && REASONS[reason].recovery === 'reauthenticate';
  // Beside the warning that closing the tab loses them, nothing may promise that messages are kept.
  const isKept = storage.status !== 'memory';

  return (
    <>
      {storage.status !== 'durable' && (
        <Strip
          icon={<HardDrive size={16} aria-hidden />}
          tone="warning"
          action={{ label: 'Save a copy', onClick: saveUnsent }}
        >
          {storage.message}
        </Strip>
      )}
      {isSessionOver ? (
        <Strip
          icon={<KeyRound size={16} aria-hidden />}
          tone="warning"
          action={{ label: 'Sign in', onClick: onSignInAgain }}
        >
          {isHosted
            ? `You are signed out of the application that this chat belongs to. Sign in there, and this page goes on by itself.${isKept ? ' Everything here is kept.' : ''}`
            : isKept
              ? 'Your session has ended. Everything here is kept; sign in again to send and receive.'
              : 'Your session has ended. Sign in again to send and receive.'}
          {waitingWords}
        </Strip>
      ) : reason === 'unavailable' ? (
        <Strip icon={<ServerCrash size={16} aria-hidden />} tone="quiet">
          {isKept
            ? 'The server cannot store messages right now. Yours are kept here and will be sent.'
            : 'The server cannot store messages right now. Yours will be sent when it can again.'}
          {waitingWords}
        </Strip>
      ) : obstacle !== undefined ? (
        <Strip
          icon={<Unplug size={16} aria-hidden />}
          tone="warning"
          action={{ label: 'Try now', onClick: () => chat.reconnect() }}
        >
          {obstacle} {isKept ? 'Messages are kept here until then.' : ''}
        </Strip>
      ) : connection.status === 'offline' ? (
        <Strip
          icon={<CloudOff size={16} aria-hidden />}
          tone="quiet"
          action={{ label: 'Try now', onClick: () => chat.reconnect() }}
        >
          {isKept
            ? 'You are offline. Messages are kept here and sent when you are back.'
            : 'You are offline. Messages are sent when you are back.'}
          {waitingWords}
        </Strip>
      ) : null}
    </>
  );
}

interface StripProps {
  readonly icon: ReactNode;
  readonly tone: 'quiet' | 'warning';
  readonly action?: { readonly label: string; readonly onClick: () => void };
  readonly children: ReactNode;
}

function Strip({ icon, tone, action, children }: StripProps) {
  return (
    <div className={`strip strip-${tone}`}>
      {icon}
      <span className="strip-text">{children}</span>
      {action !== undefined && (
        <button type="button" className="link-button" onClick={action.onClick}>
          {action.label}
        </button>
      )}
    </div>
  );
}
