/** What a host application imports from `@tablo/client`: the provider, hooks and components of DESIGN section 7. */

export type { ChannelSummary, ConnectionState } from './chat/chat.ts';
export { ChatError } from './chat/chat.ts';
export { ChatChannelPreview, type ChatChannelPreviewProps } from './embed/chat-channel-preview.tsx';
export { ChatHeader, type ChatHeaderProps } from './embed/chat-header.tsx';
export { ChatPage, type ChatPageProps } from './embed/chat-page.tsx';
export { ChatProvider, type ChatProviderProps } from './embed/chat-provider.tsx';
export type { HostTablo } from './embed/host-tablo.ts';
export type { ChatTheme } from './embed/theme.ts';
export type { ChatMessage, ChatReaction } from './hooks/chat-message.ts';
export type { ChatPeople, ChatPerson } from './hooks/chat-people.ts';
export { type UseChannels, useChannels } from './hooks/use-channels.ts';
export { type ChatMember, type UseChat, type UseChatOptions, useChat } from './hooks/use-chat.ts';
export { type UnreadCount, type UseChatUnread, useChatUnread } from './hooks/use-chat-unread.ts';
export { useConnection } from './hooks/use-connection.ts';
export { type People, usePeople } from './hooks/use-people.ts';
