/** For tests that walk over all that HTTP answers: every route there can be, with nothing behind it, and what is answered around them. */

import { err, ok } from '@tablo/schema/result';
import { Registry } from 'prom-client';
import { Limits } from '../../access/limits/limits.ts';
import { noProfiles } from '../../access/members/profiles.ts';
import { silentLog } from '../../base/log.ts';
import { RefusedPages } from '../../base/refused-pages.ts';
import { createRest } from '../create-rest.ts';
import type { RestApp } from '../routes/route.ts';
import type { RestStores } from '../stores/pg-stores.ts';
import { defaultLimitSettings, newUser, refusingPoster } from './test-rest.ts';

export const GOOD_TOKEN = 'good';
/** As the table of costs names them. */
export const BESIDE_ROUTES = [
  'the page',
  'no such route',
  'no such route of it',
  '/chat without a token',
  '/chat with a bad token',
  'HEAD /chat/*',
  'HEAD /api/config',
  'HEAD /api/auth/*',
  'OPTIONS /chat/*',
  'OPTIONS /api/*',
] as const;

export function openAllRoutes(limits: Limits = new Limits(defaultLimitSettings())): RestApp {
  const claims = { userId: newUser(), name: null, email: null, avatarUrl: null, expiresAt: Number.MAX_SAFE_INTEGER };
  return createRest({
    stores: new Proxy({}, { get: () => ({}) }) as RestStores,
    verifier: {
      remembers: () => false,
      verify: (token) => Promise.resolve(token === GOOD_TOKEN ? ok(claims) : err('unauthenticated')),
    },
    membership: { find: () => Promise.resolve(null), settle: () => Promise.resolve() },
    profiles: noProfiles,
    poster: refusingPoster,
    identity: {
      handle: () => Promise.resolve(new Response('{}')),
      readKeys: () => Promise.resolve({ keys: [] }),
      close: () => Promise.resolve(),
    },
    refusedPages: new RefusedPages({ allowedOrigins: [], publicUrl: null, trustProxy: false }, silentLog),
    limits,
    hasDocs: true,
    health: {
      ping: () => Promise.resolve(),
      findHidden: async () => null,
      awaySince: () => null,
      onTrouble() {},
      registry: new Registry(),
      settings: { metrics: 'local', metricsToken: null, trustProxy: false },
    },
    settings: { publicUrl: null, allowedOrigins: [], trustProxy: false, unknownUsers: 'invite', addMembers: 'members' },
    log: silentLog,
  });
}
