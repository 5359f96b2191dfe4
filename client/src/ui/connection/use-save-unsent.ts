import { useCallback } from 'react';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useToaster } from '../kit/toasts.tsx';
import { saveText } from '../page/save-text.ts';

/** [R8] Saves undelivered messages as a file. `say`: shows the result where a toast would not be seen. */
export function useSaveUnsent(say?: (sentence: string) => void): () => void {
  const chat = useChatClient();
  const toaster = useToaster();
  return useCallback(() => {
    const tell = say ?? toaster.say;
    const save = async () => {
      if ((await chat.countUnsent()) + (await chat.countDrafts()) === 0) return tell('There is nothing unsent.');
      const fileName = `tablo-unsent-${new Date().toLocaleDateString('sv')}.txt`; // Swedish days are 2026-11-25.
      saveText(fileName, await chat.exportUnsent());
      tell(`Saving ${fileName}.`);
    };
    toaster.attempt(save());
  }, [chat, toaster, say]);
}
