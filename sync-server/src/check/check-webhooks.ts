/** Where webhooks go: whether there is such a host, and whether texts may go there without TLS. Nothing is sent. */
import { lookup } from 'node:dns/promises';
import { type Finding, finding } from '../base/finding.ts';
import { isPrivateAddress } from '../base/private-network.ts';
import type { Config } from '../config/config.ts';

/** Rejects where there is no such host. */
type Resolve = (host: string) => Promise<readonly { readonly address: string }[]>;
const resolveAll: Resolve = (host) => lookup(host, { all: true });

/** Of an address its host alone is shown: the rest may hold a secret. */
export async function checkWebhooks({ webhooks }: Pick<Config, 'webhooks'>, resolve = resolveAll): Promise<Finding[]> {
  if (webhooks === null) return [];
  return await Promise.all(
    webhooks.urls.map(async (url): Promise<Finding> => {
      const { hostname, protocol } = new URL(url);
      const host = hostname.replace(/^\[|\]$/g, '');
      const found = await resolve(host).catch(() => null);
      if (found === null)
        return finding(
          'note',
          `WEBHOOK_URL: there is no host ${host} for this machine, so webhooks would wait for it.`,
        );
      if (protocol === 'http:' && !found.every(({ address }) => isPrivateAddress(address)))
        return finding(
          'note',
          `WEBHOOK_URL: ${host} leads out of the private network, where webhooks are sent by https alone. They would wait.`,
        );
      return finding('ok', `Webhooks go to ${host} (WEBHOOK_URL).`);
    }),
  );
}
