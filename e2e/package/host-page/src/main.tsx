/** The host's own page; the chat comes when the test asks for it. */
import './host.css';

declare global {
  interface Window {
    showChat(serverUrl: string, token: string, channelId: string): Promise<void>;
  }
}

window.showChat = async (...options) => {
  const { showChat } = await import('./chat.tsx');
  showChat(...options);
};
