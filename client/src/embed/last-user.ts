/** Who used the chat last in this browser, so that a host's page shows their messages without the network [R7]. Blocked storage: nobody is remembered. */
import { parseUser, type User } from '../chat/session/token-user.ts';

export interface LastUser {
  read(): User | null;
  write(user: User | null): void;
}

export function createLastUser(serverUrl: string): LastUser {
  const key = `tablo-chat.user ${serverUrl}`;
  return {
    read() {
      try {
        return parseUser(JSON.parse(localStorage.getItem(key) ?? 'null'));
      } catch {
        return null; // Storage is blocked, or something else has written there.
      }
    },
    write(user) {
      try {
        if (user === null) localStorage.removeItem(key);
        else localStorage.setItem(key, JSON.stringify(user));
      } catch {
        // Storage is blocked: remembered until the page closes.
      }
    },
  };
}
