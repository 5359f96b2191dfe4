import type { EntryId } from '@tablo/schema/ids';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import type { RoomHandle } from '../../chat/chat.ts';
import { useToaster } from '../kit/toasts.tsx';

interface Discarding {
  /** Hidden, but still on this device. */
  readonly ids: ReadonlySet<EntryId>;
  discard(handle: RoomHandle, entry: EntryId, sentence: string): void;
}

const DiscardingContext = createContext<Discarding>({ ids: new Set(), discard: () => undefined });

export const useDiscarding = (): Discarding => useContext(DiscardingContext);

/**
 * [R8] A discarded message is hidden at once, and deleted only when the toast with Undo closes. A page that is closed before has discarded nothing.
 * Above the conversations, so that looking at another one neither ends the wait nor loses it.
 */
export function DiscardProvider({ children }: { readonly children: ReactNode }) {
  const { say, attempt } = useToaster();
  const [ids, setIds] = useState<ReadonlySet<EntryId>>(new Set());

  const discard = useCallback(
    (handle: RoomHandle, entry: EntryId, sentence: string) => {
      const show = () => setIds((known) => new Set([...known].filter((id) => id !== entry)));
      setIds((known) => new Set([...known, entry]));
      say(sentence, {
        action: { label: 'Undo', run: show },
        // The message is shown again if that fails; otherwise nothing is left to show.
        onGone: () => attempt(handle.discard(entry).finally(show)),
      });
    },
    [say, attempt],
  );

  const discarding = useMemo(() => ({ ids, discard }), [ids, discard]);
  return <DiscardingContext.Provider value={discarding}>{children}</DiscardingContext.Provider>;
}
