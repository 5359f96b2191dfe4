import { useCallback } from 'react';
import { useChatClient } from '../hooks/chat-provider.tsx';
import { saveText } from './save-text.ts';
import { useToaster } from './toasts.tsx';

/** [R8] What is not delivered, as a file. */
export function useSaveUnsent(): () => void {
  const chat = useChatClient();
  const { attempt, say } = useToaster();
  return useCallback(() => {
    const save = async () => {
      const day = new Date().toLocaleDateString('sv'); // 2026-11-25
      saveText(`tablo-chat-unsent-${day}.txt`, await chat.exportUnsent());
      say('Saved to your downloads.');
    };
    attempt(save());
  }, [chat, attempt, say]);
}
