import { ChatError } from '../../chat/chat.ts';

/** What to tell people about a failed command. Only errors that were written for people speak for themselves. */
export function sentenceOf(error: unknown): string {
  if (error instanceof ChatError || error instanceof RangeError) return error.message;
  return 'That did not work. Check your connection and try again.';
}
