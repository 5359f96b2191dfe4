/** What this browser knows about its person, so that the page opens without the server [R7]. A blocked storage means that it knows nothing. */
import { parseUser, type User } from '../chat/session/token-user.ts';
import { keyHere } from '../ui/page/base-path.ts';

export type IdentityKind = 'built-in' | 'external';

export interface Remembered {
  readonly user: User;
  readonly identity: IdentityKind;
}

export const REMEMBERED_KEY = keyHere('tablo.user');
/** The user has signed out here while the server was away. The server has to be informed of it. */
const SIGN_OUT_KEY = keyHere('tablo.sign-out');

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // Storage is blocked.
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Storage is blocked: it holds until the page closes.
  }
}

export function readRemembered(): Remembered | null {
  try {
    const stored = JSON.parse(read(REMEMBERED_KEY) ?? 'null') as { user?: unknown; identity?: unknown } | null;
    const user = parseUser(stored?.user);
    return user === null ? null : { user, identity: stored?.identity === 'external' ? 'external' : 'built-in' };
  } catch {
    return null; // Not ours: written by something else.
  }
}

export const remember = (remembered: Remembered | null): void =>
  write(REMEMBERED_KEY, remembered === null ? null : JSON.stringify(remembered));

export const hasSignOutToTell = (): boolean => read(SIGN_OUT_KEY) !== null;
export const noteSignOutToTell = (isPending: boolean): void => write(SIGN_OUT_KEY, isPending ? '1' : null);
