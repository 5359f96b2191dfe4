/** The way to one user's chat (`ChatAccess`), from before it is open until that user is gone for good. */
import type { Chat } from '../chat/chat.ts';
import type { ChatAccess } from '../hooks/chat-context.tsx';

export class ChatSlot implements ChatAccess {
  #chat: Chat | null = null;
  /** Nobody knows yet who is there, or the chat is being opened. */
  #isAwaited = true;
  #waiting: ((chat: Chat | null) => void)[] = [];

  get chat(): Chat | null {
    return this.#isAwaited ? null : this.#chat;
  }

  whenOpen = (): Promise<Chat | null> => {
    if (!this.#isAwaited) return Promise.resolve(this.#chat);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  };

  /** `null`: nobody is here, and whoever waits is told so. */
  settle(chat: Chat | null): void {
    this.#chat = chat;
    this.#isAwaited = false;
    for (const resolve of this.#waiting.splice(0)) resolve(chat);
  }

  /** Somebody may come: who asks now waits. */
  await(): void {
    this.#isAwaited = true;
  }
}
