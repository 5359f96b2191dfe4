/** How WEBHOOK_URL, WEBHOOK_SECRET and WEBHOOK_EVENTS are read. Each error completes the sentence "WEBHOOK_URL must be …". */
import { WEBHOOK_EVENTS, type WebhookEvent } from '@tablo/schema/rest/webhook';
import { err, ok } from '@tablo/schema/result';
import { isPrivateHost } from '../base/private-network.ts';
import type { Parse } from './config-values.ts';

const URLS_MAX = 5;
const [SECRET_MIN_BYTES, SECRET_MAX_BYTES] = [24, 64];
const PREFIX = 'whsec_';

const itemsOf = (given: string): string[] => given.split(/[\s,]+/).filter((item) => item !== '');

export const webhookUrls: Parse<readonly string[]> = (given) => {
  const urls = [...new Set(itemsOf(given))];
  if (urls.length > URLS_MAX) return err(`at most ${URLS_MAX} addresses`);
  const parsed = urls.map((url) => URL.parse(url));
  if (parsed.some((url) => url === null || !['https:', 'http:'].includes(url.protocol) || url.hash !== ''))
    return err('a list of addresses separated by commas, such as https://app.example.org/hooks/chat');
  if (parsed.some((url) => url?.protocol === 'http:' && !isPrivateHost(url.hostname)))
    return err('https: texts are sent there; http only within this machine or a private network');
  return ok(urls);
};

/** As `standardwebhooks` reads them: base64, which may say that it is a secret. */
export const webhookSecrets: Parse<readonly Buffer[]> = (given) => {
  const secrets = itemsOf(given).map(readSecret);
  return secrets.length > 0 && secrets.every((secret) => secret !== null)
    ? ok(secrets)
    : err(
        `base64 of ${SECRET_MIN_BYTES} to ${SECRET_MAX_BYTES} bytes, with or without ${PREFIX} before it; make one with: openssl rand -base64 32`,
      );
};

export const webhookEvents: Parse<readonly WebhookEvent[]> = (given) => {
  const items = itemsOf(given);
  const known = (item: string) => WEBHOOK_EVENTS.filter((event) => matches(event, item));
  if (items.length === 0 || items.some((item) => known(item).length === 0))
    return err(`a list of ${WEBHOOK_EVENTS.join(', ')}, message.*, member.* or *`);
  return ok(WEBHOOK_EVENTS.filter((event) => items.some((item) => matches(event, item))));
};

const matches = (event: WebhookEvent, item: string): boolean =>
  item === '*' || item === event || (item.endsWith('.*') && event.startsWith(item.slice(0, -1)));

function readSecret(text: string): Buffer | null {
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  if (!/^[\w+/-]+={0,2}$/.test(encoded)) return null;
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.length >= SECRET_MIN_BYTES && bytes.length <= SECRET_MAX_BYTES ? bytes : null;
}
