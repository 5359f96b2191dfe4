/** What is sent, made when it is sent: a message's text is read then, so a text that has been deleted meanwhile is sent to nobody. */
import type { EntryId, TabloId } from '@tablo/schema/ids';
import type { RestMessage } from '@tablo/schema/rest/message';
import type { memberWebhook, messageWebhook } from '@tablo/schema/rest/webhook';
import type { z } from 'zod';
import type { WaitingEvent } from './pg-webhooks.ts';

export type ReadMessage = (tabloId: TabloId, id: EntryId) => Promise<RestMessage | null>;
export type WebhookPayload = z.infer<typeof messageWebhook> | z.infer<typeof memberWebhook>;

export async function makePayload(tabloId: TabloId, event: WaitingEvent, read: ReadMessage): Promise<WebhookPayload> {
  const { type, messageId, userId, seq, at } = event;
  const timestamp = new Date(at).toISOString();
  switch (type) {
    case 'message.created':
    case 'message.updated':
    case 'message.deleted': {
      if (messageId === null) throw new Error('a webhook of a message names none');
      const message = await read(tabloId, messageId);
      if (message !== null) return { type, timestamp, data: message };
      const gone = { id: messageId, channel_id: tabloId, user_id: userId, text: '', deleted_at: timestamp };
      return { type, timestamp, data: { ...gone, ...(seq === null ? {} : { seq }) } };
    }
    default:
      return { type, timestamp, data: { channel_id: tabloId, user_id: userId, role: event.role ?? 'guest' } };
  }
}
