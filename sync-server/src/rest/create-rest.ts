/** Everything that is answered over plain HTTP: REST, the identity service, the documentation and the page. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { compress } from 'hono/compress';
import { cors } from 'hono/cors';
import type { Membership } from '../access/membership.ts';
import type { Profiles } from '../access/profiles.ts';
import type { TokenVerifier } from '../access/token-verifier.ts';
import type { Identity } from '../identity/identity.ts';
import type { Log } from '../log.ts';
import { addAuthRoutes } from './auth-routes.ts';
import { authenticate, type RestEnv } from './authenticate.ts';
import { boundRequests } from './bound-requests.ts';
import { addChannelRoutes } from './channels.ts';
import { addDraftRoutes } from './drafts.ts';
import { addInvitationRoutes } from './invitations.ts';
import { addInviteRoutes, type LinkSettings } from './invites.ts';
import { addMemberRoutes, type MemberSettings } from './members.ts';
import type { MessagePoster } from './message-poster.ts';
import { addMessageRoutes } from './messages.ts';
import { addOpenApiRoutes } from './open-api.ts';
import type { RestStores } from './pg-stores.ts';
import { addReadRoutes } from './read.ts';
import { respond, respondNotFound } from './respond.ts';
import type { RestApp } from './route.ts';
import { securityHeaders } from './security-headers.ts';
import type { StaticPage } from './static-page.ts';

export interface RestDeps {
  readonly stores: RestStores;
  readonly verifier: TokenVerifier;
  readonly membership: Membership;
  readonly profiles: Profiles;
  readonly poster: MessagePoster;
  /** null: an external issuer's tokens count. */
  readonly identity: Identity | null;
  /** null: no page, REST only. */
  readonly page: StaticPage | null;
  readonly settings: LinkSettings & MemberSettings & { readonly allowedOrigins: readonly string[] };
  readonly log: Log;
}

/** Requests under way, all of which may be waiting for the database: a hundred for each of its connections. */
const MAX_REQUESTS = 1_000;

/** More routes (`/healthz`, `/metrics`) may be added to what it returns, until the first request. */
export function createRest(deps: RestDeps): RestApp {
  const { stores, membership, identity, page, settings, log } = deps;
  const app = new OpenAPIHono<RestEnv>();
  app.onError((error, context) => respond(context, error, log));
  app.notFound(async (context) => (await page?.(context)) ?? respondNotFound(context, log));

  app.use(securityHeaders(settings.publicUrl), compress());
  app.use('/chat/*', crossOrigin(settings.allowedOrigins), noStore);
  app.use('/api/*', crossOrigin(settings.allowedOrigins), noStore);
  const bound = boundRequests(MAX_REQUESTS);
  app.use('/chat/*', bound);
  app.use('/api/*', bound);
  app.use('/chat/*', authenticate(deps.verifier, deps.profiles));

  addChannelRoutes(app, stores.channels, membership);
  addMemberRoutes(app, stores.members, membership, settings);
  addInviteRoutes(app, stores, membership, settings);
  addInvitationRoutes(app, stores, membership);
  addMessageRoutes(app, stores.messages, membership, deps.poster);
  addReadRoutes(app, stores.readState, membership);
  addDraftRoutes(app, stores.drafts, membership);
  addAuthRoutes(app, identity, settings.trustProxy);
  addOpenApiRoutes(app);
  return app;
}

/** Authority comes by Bearer token alone, so other origins never get to use this one's cookies. */
function crossOrigin(allowed: readonly string[]) {
  return cors({
    origin: (origin) => (allowed.includes('*') ? '*' : allowed.includes(origin) ? origin : null),
    allowHeaders: ['Authorization', 'Content-Type'],
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    maxAge: 600,
  });
}

const noStore: Parameters<RestApp['use']>[1] = async (context, next) => {
  await next();
  context.header('Cache-Control', 'no-store');
};
