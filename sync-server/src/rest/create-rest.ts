/** Everything that is answered over plain HTTP: REST, the identity service, the documentation and the page. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Limits } from '../access/limits/limits.ts';
import type { Membership } from '../access/members/membership.ts';
import type { Profiles } from '../access/members/profiles.ts';
import { noServiceTokens, type ServiceTokens } from '../access/tokens/service-tokens.ts';
import type { TokenVerifier } from '../access/tokens/token-verifier.ts';
import type { Log } from '../base/log.ts';
import type { RefusedPages } from '../base/refused-pages.ts';
import type { Identity } from '../identity/identity.ts';
import { respond, respondNotFound } from './answers/respond.ts';
import { securityHeaders } from './base/security-headers.ts';
import type { MessagePoster } from './message-poster.ts';
import { addOpenApiRoutes } from './pages/open-api.ts';
import { authenticate } from './requests/authenticate.ts';
import { boundOpenRoutes, boundPreflights } from './requests/bound-open-routes.ts';
import type { RestEnv } from './requests/bound-requests.ts';
import { boundByUser, RequestBounds } from './requests/bound-requests.ts';
import { crossOrigin } from './requests/cross-origin.ts';
import { addAuthRoutes } from './routes/auth-routes.ts';
import { addChannelRoutes } from './routes/channels.ts';
import { addDraftRoutes } from './routes/drafts.ts';
import { addHealthRoutes, type Health } from './routes/health.ts';
import { addInvitationRoutes } from './routes/invitations.ts';
import { addInviteRoutes, type LinkSettings } from './routes/invites.ts';
import { addMemberRoutes, type MemberSettings } from './routes/members.ts';
import { addMessageChangeRoutes } from './routes/message-changes.ts';
import { addMessageRoutes } from './routes/messages.ts';
import { addPeopleRoutes } from './routes/people.ts';
import { addReadRoutes } from './routes/read.ts';
import { addNoRoute, type RestApp } from './routes/route.ts';
import type { RestStores } from './stores/pg-stores.ts';

export interface RestDeps {
  readonly stores: RestStores;
  readonly verifier: TokenVerifier;
  /** Absent: there is no back end that acts for people. */
  readonly services?: ServiceTokens;
  readonly membership: Membership;
  readonly profiles: Profiles;
  readonly poster: MessagePoster;
  /** null: an external issuer's tokens count. */
  readonly identity: Identity | null;
  readonly refusedPages: RefusedPages;
  readonly limits: Limits;
  /** Whether `/docs` and `/openapi.json` are there. */
  readonly hasDocs: boolean;
  /** null: a test that is about something else. */
  readonly health: Health | null;
  readonly settings: LinkSettings & MemberSettings & { readonly allowedOrigins: readonly string[] };
  readonly log: Log;
}

/** Every route there is; the page and what has none are answered around it (`page-listener.ts`, `respond.ts`). */
export function createRest(deps: RestDeps): RestApp {
  const { stores, membership, identity, refusedPages, limits, settings, log } = deps;
  const { allowedOrigins, publicUrl, trustProxy } = settings;
  const app = new OpenAPIHono<RestEnv>();
  const bounds = new RequestBounds(limits);
  app.onError((error, context) => respond(context, error, log));
  app.notFound((context) => respondNotFound(context, log));

  app.use(securityHeaders(publicUrl));
  const preflights = boundPreflights(limits, trustProxy);
  app.use('/chat/*', preflights, crossOrigin(allowedOrigins), noStore);
  app.use('/api/*', preflights, crossOrigin(allowedOrigins), noStore);
  app.use(boundOpenRoutes(limits, trustProxy));
  app.use('/chat/*', authenticate({ services: noServiceTokens, ...deps, trustProxy }), boundByUser(bounds));

  addChannelRoutes(app, stores.channels, membership);
  addMemberRoutes(app, stores, membership, settings);
  addInviteRoutes(app, stores, membership, settings);
  addInvitationRoutes(app, stores, membership);
  addMessageRoutes(app, stores, membership, deps.poster);
  addMessageChangeRoutes(app, stores.messages, membership, deps.poster);
  addPeopleRoutes(app, stores.people);
  addReadRoutes(app, stores.readState, membership);
  addDraftRoutes(app, stores.drafts, membership);
  addNoRoute(app);
  addAuthRoutes(app, { identity, bounds, limits, refusedPages, settings });
  if (deps.health !== null) addHealthRoutes(app, deps.health);
  if (deps.hasDocs) addOpenApiRoutes(app, publicUrl);
  return app;
}

const noStore: Parameters<RestApp['use']>[1] = async (context, next) => {
  context.header('Cache-Control', 'no-store');
  await next();
};
