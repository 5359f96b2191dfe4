import type { EntryId } from '@tablo/schema/ids';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { useCallback } from 'react';
import type { KnownMessage, RoomHandle, RoomView } from '../../chat/chat.ts';
import { type AimTarget, type EditUnderWay, isChangedEdit } from '../../chat/draft-aim.ts';
import { useReadable } from '../../hooks/use-readable.ts';
import { useToaster } from '../kit/toasts.tsx';

const targetOf = ({ id, author, text, shownAt }: TimelineMessage): AimTarget => ({ id, author, text, shownAt });

/** The aim of the composer, and the commands that change it. None of them loses a changed edit: it can be undone for some seconds [R8]. */
export function useAim(handle: RoomHandle) {
  const { say } = useToaster();
  const { replyTo, edit } = useReadable(handle.aim);

  /** Replaces the current edit, if there is one. */
  const setEdit = useCallback(
    (next: EditUnderWay | null) => {
      const { replyTo, edit: ended } = handle.aim.get();
      handle.setAim({ replyTo, edit: next });
      if (!isChangedEdit(ended) || ended.target.id === next?.target.id) return;
      say('Your edit was discarded.', { action: { label: 'Undo', run: () => setEdit(ended) } });
    },
    [handle, say],
  );

  const startEdit = useCallback(
    (message: TimelineMessage) => {
      if (handle.aim.get().edit?.target.id !== message.id) setEdit({ target: targetOf(message), text: message.text });
    },
    [handle, setEdit],
  );

  const startReply = useCallback(
    (message: TimelineMessage) => {
      setEdit(null);
      handle.setAim({ replyTo: targetOf(message), edit: null });
    },
    [handle, setEdit],
  );

  const writeEdit = useCallback(
    (text: string) => {
      const { replyTo, edit } = handle.aim.get();
      if (edit !== null) handle.setAim({ replyTo, edit: { ...edit, text } });
    },
    [handle],
  );

  /** The text stays, and is no answer any more: the message that it answered can be restored. */
  const stopReply = useCallback(() => {
    const { replyTo, edit } = handle.aim.get();
    handle.setAim({ replyTo: null, edit });
    if (replyTo === null || handle.draft.get().trim() === '') return;
    say('Your text is not a reply any more.', {
      action: { label: 'Undo', run: () => handle.setAim({ ...handle.aim.get(), replyTo }) },
    });
  }, [handle, say]);

  /** The message is stored by now: there is nothing to undo. A text that was typed since stays. */
  const endEdit = useCallback(
    (done: EditUnderWay) => {
      const { replyTo, edit } = handle.aim.get();
      if (edit?.target.id === done.target.id && edit.text === done.text) handle.setAim({ replyTo, edit: null });
    },
    [handle],
  );

  const endReply = useCallback(
    (to: EntryId) => {
      if (handle.aim.get().replyTo?.id === to) handle.setAim({ ...handle.aim.get(), replyTo: null });
    },
    [handle],
  );

  return { replyTo, edit, startEdit, startReply, writeEdit, stopEdit: setEdit, stopReply, endEdit, endReply };
}

/** Deleted, as far as this device can tell: it is known to be, or is missing where it would stand. */
export function isTargetGone(
  { status, messages, isAtBeginning, hasNewer }: RoomView,
  known: KnownMessage,
  target: AimTarget,
): boolean {
  if (known !== null) return known === 'deleted' || known.isDeleted;
  if (status === 'loading') return false;
  const [oldest, newest] = [messages[0], messages.at(-1)];
  // A reader of far older messages may have aimed at a newer one.
  if (hasNewer && (newest === undefined || newest.shownAt <= target.shownAt)) return false;
  return isAtBeginning || (oldest !== undefined && oldest.shownAt < target.shownAt);
}
