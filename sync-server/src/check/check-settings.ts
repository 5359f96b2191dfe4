/** What the settings mean, where they can be wrong together or name somebody else. */
import { type Finding, finding } from '../base/finding.ts';
import { publicPathOf } from '../base/public-path.ts';
import type { Config } from '../config/config.ts';

const ANSWER_MS = 10_000;

export function checkAddresses({ publicUrl, trustProxy, allowedOrigins }: Config): Finding[] {
  const path = publicPathOf(publicUrl);
  const found = [
    publicUrl === null
      ? finding(
          'note',
          'PUBLIC_URL is not set: invitation links are made from each request, and a reverse proxy has to pass Host on.',
        )
      : finding('ok', `People open ${publicUrl}${path === '' ? '' : '/'} (PUBLIC_URL).`),
  ];
  if (publicUrl?.startsWith('https:') === true && !trustProxy)
    found.push(
      finding(
        'note',
        'PUBLIC_URL is https, so something in front ends TLS, and TRUST_PROXY is no: all people count as one address. Set TRUST_PROXY=yes.',
      ),
    );
  if (allowedOrigins.includes('*'))
    found.push(finding('note', 'ALLOWED_ORIGINS=* lets pages of any address call REST and open WebSockets.'));
  return found;
}

export async function checkTokens({ tokens, issuer }: Config): Promise<Finding> {
  if (tokens.type === 'built-in') return finding('ok', 'Accounts: the built-in identity service.');
  if (tokens.type === 'secret') return finding('ok', `Tokens of ${issuer} are checked by JWT_SECRET.`);
  const { url } = tokens;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (!answer.ok)
      return finding('stop', `JWT_JWKS_URL answers ${answer.status} instead of keys: nobody could sign in.`);
    const keys = ((await answer.json()) as { keys?: unknown } | null)?.keys;
    if (!Array.isArray(keys) || keys.length === 0)
      return finding(
        'stop',
        'JWT_JWKS_URL answers with no keys in it (a JSON object with "keys"): nobody could sign in.',
      );
    return finding(
      'ok',
      `Tokens of ${issuer} are checked by ${keys.length} ${keys.length === 1 ? 'key' : 'keys'} of JWT_JWKS_URL.`,
    );
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as { code?: unknown };
    const why = typeof code === 'string' ? code : (error as Error).message;
    return finding('stop', `JWT_JWKS_URL cannot be read (${why}): nobody could sign in.`);
  }
}
