/** What REST lists: a whole request and its answer. */
import type { UserId } from '@tablo/schema/ids';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import type { Past } from './past.ts';
import type { Thing } from './rounds.ts';
import { within } from './within.ts';

const tokens = new Map<UserId, string>();

export async function get(baseUrl: string, user: UserId, path: string): Promise<{ ms: number; bytes: number }> {
  const token = tokens.get(user) ?? tokenOf(user);
  tokens.set(user, token);
  const startedAt = performance.now();
  const response = await within(path, fetch(`${baseUrl}${path}`, { headers: { authorization: `Bearer ${token}` } }));
  const text = await response.text();
  const ms = performance.now() - startedAt;
  if (response.status !== 200) throw new Error(`GET ${path} answered ${response.status}: ${text}`);
  return { ms, bytes: text.length };
}

export function readings(baseUrl: string): readonly Thing[] {
  const of = (name: string, who: 'reader' | 'late', path: (past: Past) => string): Thing => ({
    name,
    measure: (past) => get(baseUrl, past[who], path(past)),
  });
  const channel = ({ tablo }: Past): string => `/chat/channels/${tablo}`;
  return [
    of('list', 'reader', () => '/chat/channels'),
    of('list, nothing read', 'late', () => '/chat/channels'),
    of('history', 'reader', (past) => `${channel(past)}/messages`),
    // Four old messages, one of them with all its votes, and what stands beyond all that was deleted.
    of('history, further up', 'reader', (past) => `${channel(past)}/messages?before=${past.targets[3]}`),
    of('unread', 'reader', () => '/chat/unread'),
    of('unread, ids', 'reader', () => '/chat/unread?ids=true'),
    of('unread, nothing read', 'late', () => '/chat/unread'),
    of('members', 'reader', (past) => `${channel(past)}/members`),
    of('invites', 'reader', (past) => `${channel(past)}/invites`),
  ];
}
