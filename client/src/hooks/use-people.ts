/** The names of all people whom this device knows, over all channels. */
import { useMemo } from 'react';
import { Writable } from '../chat/base/readable.ts';
import type { KnownNames } from '../chat/chat.ts';
import { useChatHere } from './chat-context.tsx';
import { useReadable } from './use-readable.ts';

const NOBODY = new Writable<KnownNames>({ names: new Map() });

/** By user id. Whom nobody has named is not in it. */
export type People = Record<string, { id: string; name: string }>;

export function usePeople(): People {
  const { chat } = useChatHere();
  const known = useReadable(chat?.people ?? NOBODY);
  const user = chat?.user ?? null;
  return useMemo(() => {
    const named = [...known.names].map(([id, name]) => ({ id, name }));
    if (user !== null) named.push({ id: user.id, name: user.name });
    return Object.fromEntries(named.map((person) => [person.id, person]));
  }, [known, user]);
}
