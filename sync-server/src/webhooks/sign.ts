/** Signatures by the convention of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, time and body, one for each secret. */
import { createHmac } from 'node:crypto';

export interface Signed {
  readonly 'webhook-id': string;
  /** Seconds since the Unix epoch, of this attempt: a receiver refuses what is old. */
  readonly 'webhook-timestamp': string;
  /** Several while a secret is being replaced: one that the receiver knows is enough. */
  readonly 'webhook-signature': string;
}

export function sign(secrets: readonly Buffer[], id: string, body: string, nowMs: number): Signed {
  const seconds = String(Math.floor(nowMs / 1_000));
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${id}.${seconds}.${body}`).digest('base64')}`,
  );
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signatures.join(' ') };
}
