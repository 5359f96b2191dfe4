import { expect, it } from 'vitest';
import { parseConfig } from '../config/config.ts';
import { checkWebhooks } from './check-webhooks.ts';

async function look(url: string, addresses: readonly string[] | null) {
  const config = parseConfig({ WEBHOOK_URL: url, WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' });
  if (!config.ok) throw new Error(config.error);
  const [found] = await checkWebhooks(config.value, async () => {
    if (addresses === null) throw new Error('ENOTFOUND');
    return addresses.map((address) => ({ address }));
  });
  return found;
}

it.each([
  ['https://ann:word@app.example/hooks/word', ['192.0.2.7'], 'ok', 'Webhooks go to app.example (WEBHOOK_URL).'],
  ['http://app:8080/hooks/word', ['172.18.0.3', 'fd00::3'], 'ok', 'Webhooks go to app (WEBHOOK_URL).'],
  ['http://app.internal/hooks/word', ['172.18.0.3', '192.0.2.7'], 'note', 'leads out of the private network'],
  ['https://app.example/hooks/word', null, 'note', 'there is no host app.example'],
] as const)(
  'the check says of %s at %j where webhooks would go, and nothing of it but the host',
  async (url, at, kind, said) => {
    const found = await look(url, at);
    expect(found?.kind).toBe(kind);
    expect(found?.sentence).toContain(said);
    expect(found?.sentence).not.toContain('word');
  },
);

it('the check says nothing of webhooks where there are none', async () => {
  const config = parseConfig({});
  if (!config.ok) throw new Error(config.error);
  expect(await checkWebhooks(config.value)).toEqual([]);
});
