import type { EntryId } from '@tablo/schema/ids';
import { useSyncExternalStore } from 'react';
import { useRoom } from '../people/room-context.tsx';

/** Is this the message whose text stands in the composer? Asked by every row: renders again when the answer changes, not with every key. */
export function useIsEditing(id: EntryId): boolean {
  const { aim } = useRoom().handle;
  const isEdited = () => aim.get().edit?.target.id === id;
  return useSyncExternalStore(aim.subscribe, isEdited, isEdited);
}
