/** What `useChat` lets a page do in one tablo. The functions are the same for as long as tablo and user are; called before the chat is open they wait for it. */
import type { EntryId, TabloId } from '@tablo/schema/ids';
import type { Chat, RoomHandle } from '../chat/chat.ts';
import type { ChatAccess } from './chat-context.tsx';

export interface ChatCommands {
  /**
   * Resolves to the message's id once this device holds it, with a network or without; to `null` where there is no channel or nobody is signed in. Rejects with
   * `ChatError`, whose message is a sentence for people, where it can't be a message: code `invalid-update` for a text of more than 8,000 characters, one of which
   * nothing could be seen, and one with a NUL or half a character. Nothing is kept then: clear your field only once it has resolved.
   */
  sendMessage(text: string, replyTo?: string | null): Promise<string | null>;
  /** Call it at every key. */
  sendTyping(isTyping?: boolean): void;
  loadMoreMessages(): Promise<void>;
  /** All that is here has been read. Called before the channel has loaded, as when a page opens, it counts once that is here, if it takes less than a minute. */
  markAsRead(): void;
  /** Rejects as `sendMessage` does, and with code `not-found` where no such message is here; so do the four below. */
  editMessage(messageId: string, text: string): Promise<void>;
  /** Deletes it for everybody; one that is not sent yet is cancelled, and nobody ever sees it. */
  deleteMessage(messageId: string): Promise<void>;
  react(messageId: string, emoji: string, on?: boolean): Promise<void>;
  /** Sends a refused message, or a refused change of one, again. */
  retry(entryId: string): Promise<void>;
  /** Forgets a refused one. */
  discard(entryId: string): Promise<void>;
  /** At every key. `draft` has it when this returns, if somebody is signed in by then: so a field may show `draft` and nothing else. */
  setDraft(text: string): void;
}

export function createChatCommands(access: ChatAccess, id: TabloId | null): ChatCommands {
  /** Commands that wait for the chat: later ones line up behind them. */
  let waiting = 0;

  /** Begun before this returns where the chat is open: what a person types and does then happens in the order of the calls, and a field that shows the draft keeps its cursor. */
  const run = async <T>(command: (room: RoomHandle) => T): Promise<Awaited<T> | null> => {
    if (id === null) return null;
    if (waiting === 0 && access.chat !== null) return await runIn(access.chat, id, command);
    waiting += 1;
    let running: Promise<Awaited<T>> | null;
    try {
      const chat = await access.whenOpen();
      running = chat === null ? null : runIn(chat, id, command);
    } finally {
      waiting -= 1;
    }
    return await running;
  };
  const tell = (command: (room: RoomHandle) => void) => void run(command).catch(() => undefined);

  return {
    sendMessage: (text, replyTo) => run((room) => room.send(text, (replyTo ?? undefined) as EntryId | undefined)),
    sendTyping: (isTyping = true) => tell((room) => room.sendTyping(isTyping)),
    loadMoreMessages: async () => void (await run((room) => room.loadMore())),
    markAsRead: () => tell((room) => room.dismissNew()),
    editMessage: async (target, text) => void (await run((room) => room.edit(target as EntryId, text))),
    deleteMessage: async (target) => void (await run((room) => room.remove(target as EntryId))),
    react: async (target, emoji, on = true) => void (await run((room) => room.react(target as EntryId, emoji, on))),
    retry: async (entry) => void (await run((room) => room.retry(entry as EntryId))),
    discard: async (entry) => void (await run((room) => room.discard(entry as EntryId))),
    setDraft: (text) => tell((room) => room.setDraft(text)),
  };
}

/** The room is held for as long as the command takes: the view that called may be gone by then. */
async function runIn<T>(chat: Chat, id: TabloId, command: (room: RoomHandle) => T): Promise<Awaited<T>> {
  const room = chat.openRoom(id);
  try {
    return await command(room);
  } finally {
    room.release();
  }
}
