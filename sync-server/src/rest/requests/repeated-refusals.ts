/**
 * [R11] A client that was told to wait and goes on asking is refused again before anything else is looked at: a refusal by the routes costs nearly as much as an answer. What
 * counts is one second, which is what `Retry-After` says. Members are counted by their token, so that nobody pays for a neighbour at the same address;
 * requests without a token by address and by kind, so that a flood of one kind costs nobody else's probe or sign-in.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { REASONS } from '@tablo/schema/close-codes';
import type { Limits } from '../../access/limits/limits.ts';
import { noServiceTokens, type ServiceTokens } from '../../access/tokens/service-tokens.ts';
import type { TokenVerifier } from '../../access/tokens/token-verifier.ts';
import { addressKey, addressOf } from '../../base/address-key.ts';
import { securityHeadersOf } from '../base/security-headers.ts';
import { bearerOf } from './bearer.ts';
import { rateOf } from './bound-open-routes.ts';
import { CHAT_USER } from './caller.ts';
import { allowedOriginFor } from './cross-origin.ts';

const WINDOW_MS = 1_000;
/** A client that does not wait is delayed: after an immediate refusal it would ask again at once, thousands of times a second. */
const HOLD_MS = 250;
/** Refusals that are held back at a time. `HttpConnections` bounds the number of connections beyond that. */
const HELD_MAX = 2_000;
/** Refusals by the routes in that time. An honest client that comes back with all of its tablos gets some, and then waits. */
export const REFUSALS_MAX = 100;
/** Refusals from here on one connection before it is ended: connections have a rate of their own. The connection of a proxy carries everybody, and stays. */
export const REFUSALS_PER_CONNECTION = 20;
/** Sign-in and sign-up have rates of their own, which a person who mistypes may reach: their other requests go on. */
const PASSWORD_PATHS: readonly string[] = ['/api/auth/sign-in/email', '/api/auth/sign-up/email'];
const { status: TOO_MANY, message } = REASONS['rate-limited'];
const BODY = JSON.stringify({ error: message, code: 'rate-limited' });

interface Deps {
  readonly limits: Limits;
  readonly verifier: Pick<TokenVerifier, 'remembers'>;
  readonly services?: Pick<ServiceTokens, 'remembers'>;
  readonly publicUrl: string | null;
  readonly allowedOrigins: readonly string[];
  readonly trustProxy: boolean;
  /** ms. */
  readonly now?: () => number;
  /** Absent: a quarter of a second. */
  readonly holdMs?: number;
}

/** Answers requests of clients that do not wait, and returns whether it did. For all other requests it notes the status of the answer. */
export function createWaitListener(deps: Deps): (request: IncomingMessage, response: ServerResponse) => boolean {
  const {
    limits,
    verifier,
    services = noServiceTokens,
    publicUrl,
    allowedOrigins,
    trustProxy,
    now = () => performance.now(),
    holdMs = HOLD_MS,
  } = deps;
  let held = 0;
  let since = Number.NEGATIVE_INFINITY;
  let counts = new Map<string, number>();

  const countsNow = (): Map<string, number> => {
    if (now() - since < WINDOW_MS) return counts;
    since = now();
    counts = new Map();
    return counts;
  };

  const keyOf = (request: IncomingMessage): string => {
    const token = bearerOf(request.headers.authorization);
    // Refusals are counted for each person for whom a back end asks, as if that person had asked.
    if (token !== null && services.remembers(token))
      return `${digestOf(token)} ${request.headers[CHAT_USER.toLowerCase()] ?? ''} ${request.method}`;
    if (token !== null && verifier.remembers(token)) return `${digestOf(token)} ${request.method}`;
    return `${addressKey(addressOf(request, trustProxy) ?? '')} ${kindOf(request)}`;
  };

  const refuse = (request: IncomingMessage, response: ServerResponse): void => {
    limits.exceeded('refusals');
    const origin = allowedOriginFor(allowedOrigins, request.headers.origin);
    const headers = origin === null ? {} : { 'Access-Control-Allow-Origin': origin, Vary: 'Origin' };
    const answer = (): void => answerTooMany(request, response, { publicUrl, trustProxy }, headers);
    if (held >= HELD_MAX) return answer();
    held += 1;
    setTimeout(() => {
      held -= 1;
      if (!response.destroyed) answer();
    }, holdMs);
  };

  return (request, response) => {
    // Most of the time nobody was refused, and there is nothing to look up.
    const current = countsNow();
    if (current.size > 0 && (current.get(keyOf(request)) ?? 0) >= REFUSALS_MAX) {
      refuse(request, response);
      return true;
    }
    response.once('finish', () => {
      if (response.statusCode !== TOO_MANY) return;
      const key = keyOf(request);
      const later = countsNow();
      later.set(key, (later.get(key) ?? 0) + 1);
    });
    return false;
  };
}

const digestOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

const refusedOn = new WeakMap<Socket, number>();

/** For a request of which only the head was read. */
export function answerTooMany(
  request: IncomingMessage,
  response: ServerResponse,
  { publicUrl, trustProxy }: Pick<Deps, 'publicUrl' | 'trustProxy'>,
  headers: OutgoingHttpHeaders = {},
): void {
  const times = (refusedOn.get(request.socket) ?? 0) + 1;
  refusedOn.set(request.socket, times);
  response.writeHead(TOO_MANY, {
    ...securityHeadersOf(request.headers.host ?? '', publicUrl),
    ...headers,
    ...(times >= REFUSALS_PER_CONNECTION && !trustProxy ? { Connection: 'close' } : {}),
    'Content-Type': 'application/json',
    'Content-Length': BODY.length,
    'Retry-After': '1',
  });
  response.end(BODY);
}

/** The kind of a request, by the bucket that it is charged to. A spelling that only the routes understand counts as another kind, and is charged there as well. */
function kindOf({ method = '', url = '' }: IncomingMessage): string {
  const [path = ''] = url.split('?', 1);
  return PASSWORD_PATHS.includes(path) ? path : (rateOf(method, path) ?? 'token-checks');
}
