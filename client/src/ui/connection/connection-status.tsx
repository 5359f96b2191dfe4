import type { ConnectionState } from '../../chat/chat.ts';
import { useConnection } from '../../hooks/use-connection.ts';

const WORDS: Record<ConnectionState['status'], string> = {
  online: 'Online',
  connecting: 'Connecting',
  offline: 'Offline',
};

/** The page's only `role="status"`; it reads exactly one of the three words. */
export function ConnectionStatus() {
  const { status } = useConnection();
  return (
    <span role="status" className={`connection connection-${status}`}>
      {WORDS[status]}
    </span>
  );
}
