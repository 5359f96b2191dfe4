import { useCallback, useEffect, useRef, useState } from 'react';
import type { RoomHandle } from '../../chat/chat.ts';

/**
 * The composer's text, kept in the room's draft. The field's own state leads, so that the caret never jumps; a draft that comes from storage, another
 * tab or another device is taken over when it comes, which it does only while nobody types here (`Draft`).
 */
export function useDraft(handle: RoomHandle) {
  const [text, setText] = useState(() => handle.draft.get());
  const written = useRef(text);
  /** Messages that are being sent: until they are stored, the draft still has their text. */
  const handing = useRef(0);
  const isGone = useRef(false);

  useEffect(() => {
    const takeOver = () => {
      const draft = handle.draft.get();
      if (draft === written.current || handing.current > 0) return;
      written.current = draft;
      setText(draft);
    };
    takeOver();
    isGone.current = false;
    const stop = handle.draft.subscribe(takeOver);
    return () => {
      isGone.current = true;
      stop();
    };
  }, [handle]);

  const write = useCallback(
    (next: string) => {
      written.current = next;
      setText(next);
      handle.setDraft(next);
    },
    [handle],
  );

  /** Empties the field at once, and the draft only when the message is kept elsewhere: a crash in between loses nothing. */
  const hand = useCallback(
    async (keep: () => Promise<unknown>) => {
      const given = written.current;
      written.current = '';
      setText('');
      handing.current += 1;
      try {
        await keep();
        // A reader who has switched tablos and come back types into another field: the text there stays.
        if (!isGone.current || handle.draft.get() === given) handle.setDraft(written.current);
      } catch (error) {
        // A reader who has switched tablos and come back has the text in another field, with what they typed there.
        const since = isGone.current ? handle.draft.get() : written.current;
        if (!isGone.current || since !== given) write(since === '' ? given : `${given}\n${since}`);
        throw error;
      } finally {
        handing.current -= 1;
      }
    },
    [handle, write],
  );

  return { text, write, hand };
}
