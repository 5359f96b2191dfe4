/** What a host's back end is sent (`WEBHOOK_URL`): signed by the convention of Standard Webhooks, at least once, in order within a tablo. */
import { z } from 'zod';
import { role } from './common.ts';
import { message } from './message.ts';

export const MESSAGE_EVENTS = ['message.created', 'message.updated', 'message.deleted'] as const;
export const MEMBER_EVENTS = ['member.added', 'member.removed', 'member.role_changed'] as const;
export const WEBHOOK_EVENTS = [...MESSAGE_EVENTS, ...MEMBER_EVENTS] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/**
 * The message as it is when it is sent: what happened to it since has an event of its own, later. Of a deleted one the text is empty and `deleted_at` is set; one
 * whose row an administrator has removed has no more than its ids.
 */
export const webhookMessage = message.partial().required({ id: true, channel_id: true, user_id: true, text: true });
/** `role`: the new one, or the last of who is no member any more. */
export const webhookMember = z.object({ channel_id: z.string(), user_id: z.string(), role });

/** `timestamp`: when it happened. */
export const messageWebhook = z.object({ type: z.enum(MESSAGE_EVENTS), timestamp: z.string(), data: webhookMessage });
export const memberWebhook = z.object({ type: z.enum(MEMBER_EVENTS), timestamp: z.string(), data: webhookMember });
