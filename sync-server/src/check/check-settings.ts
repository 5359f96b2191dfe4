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
  const stop = (what: string) => finding('stop', `JWT_JWKS_URL ${what}: nobody could sign in.`);
  try {
    // As the server asks for them: no redirects, and 200 alone.
    const answer = await fetch(tokens.url, { redirect: 'manual', signal: AbortSignal.timeout(ANSWER_MS) });
    if (answer.status >= 300 && answer.status < 400)
      return stop(`answers ${answer.status}, a redirect, which is not followed: set the address that it leads to`);
    if (answer.status !== 200) return stop(`answers ${answer.status} instead of keys`);
    const keys = keysIn(await readBounded(answer));
    if (keys === null || keys.length === 0) return stop('answers with no keys in it (a JSON object with "keys")');
    const count = keys.filter(isPublicKey).length;
    if (count === 0)
      return stop('answers with keys that no token is checked by (RSA, EC and OKP keys for signatures are)');
    return finding(
      'ok',
      `Tokens of ${issuer} are checked by ${count} ${count === 1 ? 'key' : 'keys'} of JWT_JWKS_URL.`,
    );
  } catch (error) {
    return stop(`cannot be read (${codeOf(error)})`);
  }
}

const KEYS_MAX_BYTES = 1_024 * 1_024;

/** Null: it is longer than any set of keys. */
async function readBounded({ body }: Response): Promise<string | null> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > KEYS_MAX_BYTES) return null;
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

function keysIn(text: string | null): readonly unknown[] | null {
  try {
    const { keys } = (JSON.parse(text ?? 'null') ?? {}) as { keys?: unknown };
    return Array.isArray(keys) ? keys : null;
  } catch {
    return null; // A page for people, say.
  }
}

function isPublicKey(key: unknown): boolean {
  const { kty, use } = (key ?? {}) as { kty?: unknown; use?: unknown };
  return ['RSA', 'EC', 'OKP'].includes(String(kty)) && (use === undefined || use === 'sig');
}

/** A code, and no message: the words of `fetch` may have the address in them, with a password. */
function codeOf(error: unknown): string {
  const { cause, name } = error as Error;
  const { code } = (cause ?? {}) as { code?: unknown };
  if (typeof code === 'string') return code;
  return name === 'TimeoutError' ? `no answer within ${ANSWER_MS / 1_000} s` : 'the address cannot be asked';
}
