/** For tests: document connections that are nobody's, and what each of them receives. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import { parseServerStateless } from '@tablo/schema/wire/stateless';
import type { Connections } from './sessions/connections.ts';
import type { LiveConnection } from './socket/live-connection.ts';

export interface FakeConnection {
  readonly heard: unknown[];
  readonly closed: string[];
  readonly live: LiveConnection;
  leave(): void;
}

export function addConnection(
  connections: Connections,
  {
    tablo,
    user,
    role = 'member',
    isNewcomer = false,
    socket = {},
  }: { tablo: TabloId; user: UserId; role?: Role; isNewcomer?: boolean; socket?: object },
): FakeConnection {
  const heard: unknown[] = [];
  const closed: string[] = [];
  const listeners: (() => void)[] = [];
  const leave = (): void => {
    for (const listener of listeners) listener();
  };
  const live = {
    context: {
      tabloId: tablo,
      epoch: 1,
      userId: user,
      socket,
      role,
      isNewcomer,
      isOverruled: false,
      expiresAt: Number.POSITIVE_INFINITY,
    },
    readOnly: false,
    onClose: (listener: () => void) => void listeners.push(listener),
    sendStateless: (payload: string) => void heard.push(parseServerStateless(payload)),
    close: ({ reason }: { reason: string }) => {
      closed.push(reason);
      leave();
    },
  } as unknown as LiveConnection;
  connections.add(live);
  return { heard, closed, live, leave };
}
