/** The page's files, answered before anything else is made of a request: a head, and a buffer that all answers share. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Limits } from '../../access/limits/limits.ts';
import { addressKey, addressOf } from '../../base/address-key.ts';
import { createSlashAdder, publicPathOf } from '../../base/public-path.ts';
import type { PageAnswer, StaticPage } from '../answers/static-page.ts';
import { securityHeadersOf } from '../base/security-headers.ts';
import { answerTooMany } from '../requests/repeated-refusals.ts';

interface Settings {
  readonly limits: Limits;
  readonly publicUrl: string | null;
  readonly trustProxy: boolean;
  /** Called with addresses below which the page might be, if the settings named them. */
  readonly onStray?: (path: string) => void;
}

/** Whether the request was one for the page, and has been answered. */
export type PageListener = (request: IncomingMessage, response: ServerResponse) => boolean;

export function createPageListener(
  page: StaticPage,
  { limits, publicUrl, trustProxy, onStray }: Settings,
): PageListener {
  const publicPath = publicPathOf(publicUrl);
  const addSlash = createSlashAdder(publicPath);
  return (request, response) => {
    const answer = redirectTo(addSlash(request.url ?? ''), request) ?? page.answer(request);
    if (answer === null) return false;
    if (!limits.take('page', addressKey(addressOf(request, trustProxy) ?? ''), 1)) {
      answerTooMany(request, response, { publicUrl, trustProxy });
      return true;
    }
    const stray = strayOf(request, answer, publicPath);
    if (stray !== null) onStray?.(stray);
    response.writeHead(answer.status, {
      ...securityHeadersOf(request.headers.host ?? '', publicUrl),
      ...answer.headers,
    });
    response.end(answer.body ?? undefined);
    return true;
  };
}

function redirectTo(address: string | null, { method }: IncomingMessage): PageAnswer | null {
  if (address === null || (method !== 'GET' && method !== 'HEAD')) return null;
  return {
    status: 308,
    headers: { Location: address, 'Content-Length': '0', 'Cache-Control': 'no-cache' },
    body: null,
  };
}

/** The path at which the page was opened, if it differs from the settings; null: it agrees with them. */
function strayOf({ headers, url = '' }: IncomingMessage, { isStray }: PageAnswer, publicPath: string): string | null {
  if (headers['sec-fetch-dest'] !== 'document') return null;
  // Some proxies say what they have taken off.
  const taken = headers['x-forwarded-prefix']?.toString().replace(/\/+$/, '');
  if (taken?.startsWith('/') === true && taken !== publicPath) return `${taken}/`;
  // Compared as a prefix: a mistyped address has no slash at its end.
  return isStray === true && url.endsWith('/') ? url : null;
}
