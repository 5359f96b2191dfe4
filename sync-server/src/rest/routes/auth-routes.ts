/**
 * `/api/auth/*`: the built-in identity service, where there is one; and `/api/config`, which tells the page whether there is. Only the routes that the page
 * uses reach the library behind it; to everything else there is nothing here. What hashes a password waits for its turn before it reaches the library, with
 * its body already read, so that it holds neither a connection of the database nor a thread while it waits [R11].
 */
import type { RestConfig } from '@tablo/schema/rest/common';
import type { Limits } from '../../access/limits/limits.ts';
import { Turns } from '../../access/limits/turns.ts';
import { hostsOf } from '../../base/forwarded.ts';
import { createHostCheck, createOriginRules, type OriginRules } from '../../base/origins.ts';
import type { RefusedPages } from '../../base/refused-pages.ts';
import { AUTH_PATH } from '../../identity/auth-options.ts';
import type { Identity } from '../../identity/identity.ts';
import { HASHES_AT_ONCE } from '../../identity/password-hasher.ts';
import { AppError, invalidRequest, notFound, refusal } from '../base/app-error.ts';
import { boundByAddress, type RequestBounds, tooMany } from '../requests/bound-requests.ts';
import { clientAddress, clientKey, hasHungUp } from '../requests/client-address.ts';
import { readText } from '../requests/read-body.ts';
import type { RestApp } from './route.ts';

interface Deps {
  /** null: an external issuer's tokens count. */
  readonly identity: Identity | null;
  readonly bounds: RequestBounds;
  readonly limits: Limits;
  readonly refusedPages: RefusedPages;
  readonly settings: {
    readonly publicUrl: string | null;
    readonly allowedOrigins: readonly string[];
    readonly trustProxy: boolean;
  };
}

/** Sessions and tokens; `jwks` are the public keys, for whoever else checks our tokens. */
const ASKING = ['/get-session', '/token', '/jwks'] as const;
/** Each hashes a password, of an account that exists or not. */
const HASHING = { '/sign-in/email': 'sign-ins', '/sign-up/email': 'sign-ups' } as const;
const SIGN_OUT = '/sign-out';
/** An origin: a host name of 253 characters, a scheme and a port. */
const PAGE_MAX_LENGTH = 300;

/** An office that comes in on a Monday waits some seconds; further requests from one address are answered with `Retry-After`. */
export const HASH_TURNS = {
  atOnce: HASHES_AT_ONCE,
  atOncePerKey: HASHES_AT_ONCE,
  waiting: 500,
  waitingPerKey: 64,
} as const;

/** The library's work takes from tenths of a millisecond to several milliseconds without a pause. Few requests run at a time, each in its own turn of the event loop [R11]. */
export const ASK_TURNS = { atOnce: 4, atOncePerKey: 2, waiting: 2_000, waitingPerKey: 500 } as const;

export function addAuthRoutes(app: RestApp, { identity, bounds, limits, refusedPages, settings }: Deps): void {
  const { trustProxy } = settings;
  const rules = createOriginRules(settings.allowedOrigins, settings.publicUrl);
  app.get('/api/config', (context) => {
    const page = context.req.query('page') ?? '';
    const hosts = hostsOf((name) => context.req.header(name), trustProxy);
    const isRefused = page !== '' && page.length <= PAGE_MAX_LENGTH && !rules.allowsSockets(page, hosts);
    const config: RestConfig = {
      identity: identity === null ? 'external' : 'built-in',
      ...(isRefused ? { sockets_refused: rules.explain(page, hosts) } : {}),
    };
    return context.json(config);
  });
  if (identity === null) return;

  const hashes = new Turns(HASH_TURNS);
  const assertOwnPage = createPageCheck(rules, refusedPages, settings);
  const bound = boundByAddress(bounds, trustProxy);

  const ask = async (context: Parameters<typeof clientAddress>[0], body: string | null): Promise<Response> => {
    const { raw } = context.req;
    const { method, url, headers } = raw;
    const request = body === null ? raw : new Request(url, { method, headers: withoutLength(headers), body });
    const answer = await identity.handle(request, clientAddress(context, trustProxy));
    // better-auth answers this with an empty body.
    if (answer.status === 404) throw notFound();
    // Copied into an answer of ours, which has the headers of all others. There may be several cookies of one name.
    for (const cookie of answer.headers.getSetCookie()) context.header('Set-Cookie', cookie, { append: true });
    const type = answer.headers.get('content-type');
    if (type !== null) context.header('Content-Type', type);
    const text = await answer.text();
    return context.newResponse(text === '' ? null : text, answer.status as 200);
  };

  const asks = new Turns(ASK_TURNS);
  const askInTurn = async (...given: Parameters<typeof ask>): Promise<Response> => {
    const release = await asks.enter(clientKey(given[0], trustProxy));
    if (release === null) {
      limits.exceeded('asks');
      throw tooMany();
    }
    try {
      await new Promise((resolve) => setImmediate(resolve));
      return await ask(...given);
    } finally {
      release();
    }
  };

  for (const path of ASKING) app.get(AUTH_PATH + path, bound, (context) => askInTurn(context, null));

  app.post(AUTH_PATH + SIGN_OUT, bound, async (context) => {
    assertOwnPage(context.req.raw);
    return askInTurn(context, await readText(context.req.raw));
  });

  for (const [path, rate] of Object.entries(HASHING)) {
    app.post(AUTH_PATH + path, bound, async (context) => {
      assertOwnPage(context.req.raw);
      const address = clientKey(context, trustProxy);
      if (!limits.take(rate, address, 1)) throw tooMany();
      // A form of another page can be sent on somebody's behalf; JSON cannot.
      if (!/^application\/json\b/i.test(context.req.header('content-type') ?? ''))
        throw invalidRequest('The body must be JSON, and say so.');
      const body = await readText(context.req.raw);
      const release = await hashes.enter(address);
      if (release === null) {
        limits.exceeded('hashes');
        throw tooMany();
      }
      try {
        // Nobody waits for it any more.
        if (hasHungUp(context)) throw invalidRequest('The request ended early.');
        return await ask(context, body);
      } finally {
        release();
      }
    });
  }
}

const elsewhere = (): AppError => new AppError(refusal('forbidden', 'This page may not sign people in here.'));

/**
 * Throws unless a request may come with somebody's cookies, or give them some. Browsers say where a page came from, in `Origin` and in `Sec-Fetch-Site`; a name in
 * `Host` that is none of ours means that a name of somebody else's leads here (DNS rebinding). The answer names the setting that would let the page in.
 */
function createPageCheck(
  rules: OriginRules,
  refusedPages: RefusedPages,
  { publicUrl, allowedOrigins, trustProxy }: Deps['settings'],
): (request: Request) => void {
  const isOwnHost = createHostCheck(allowedOrigins, publicUrl);
  return ({ headers }) => {
    const origin = headers.get('origin');
    const hosts = hostsOf((name) => headers.get(name), trustProxy);
    if (origin !== null && !rules.allowsSignIn(origin, hosts))
      throw new AppError(refusal('forbidden', refusedPages.note(origin, hosts)));
    if (origin !== null && rules.names(origin)) return;
    const site = headers.get('sec-fetch-site');
    // `none`: typed in by the person.
    if (site !== null && site !== 'same-origin' && site !== 'none') throw elsewhere();
    if (!hosts.some(isOwnHost)) throw elsewhere();
  };
}

/** Of the body as it was sent. */
function withoutLength(headers: Headers): Headers {
  const copy = new Headers(headers);
  for (const name of ['content-length', 'transfer-encoding', 'expect']) copy.delete(name);
  return copy;
}
