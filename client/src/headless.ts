/** The chat without React: `@tablo/client/headless`. */
export type { Readable } from './chat/base/readable.ts';
export { onProblem } from './chat/base/report-error.ts';
export * from './chat/chat.ts';
export { type ChatClient, openChatClient } from './chat/chat-client.ts';
export type { ChatClientOptions } from './chat/chat-options.ts';
export { createHostTokens, type TokenSource } from './chat/session/session.ts';
