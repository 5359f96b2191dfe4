/** Are we online? */
import { Writable } from '../chat/base/readable.ts';
import type { ConnectionState } from '../chat/chat.ts';
import { useChatHere } from './chat-context.tsx';
import { useReadable } from './use-readable.ts';

/** Nobody is here who could be connected. */
const NONE = new Writable<ConnectionState>({ status: 'offline' });

export function useConnection(): ConnectionState {
  return useReadable(useChatHere().chat?.connection ?? NONE);
}
