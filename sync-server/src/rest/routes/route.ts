/**
 * A REST route from one description: what it reads is parsed with the schemas of `@tablo/schema`, and the same schemas make its page in the OpenAPI
 * document. A handler gets parsed values and returns a status and a body.
 */
import type { OpenAPIHono, RouteConfig } from '@hono/zod-openapi';
import { type ErrorCode, errorBody } from '@tablo/schema/rest/common';
import type { Context } from 'hono';
import { z } from 'zod';
import type { Claims } from '../../access/tokens/claims.ts';
import type { Service } from '../../access/tokens/service-tokens.ts';
import { costOf, type RouteCost } from '../../costs/rest-costs.ts';
import { encodeJson, sendJson } from '../answers/send-json.ts';
import { ERROR_STATUS, invalidRequest, notFound } from '../base/app-error.ts';
import type { RestEnv } from '../requests/bound-requests.ts';
import { CHAT_USER, payerOf } from '../requests/caller.ts';
import { readJson } from '../requests/read-body.ts';

export type RestApp = OpenAPIHono<RestEnv>;

type Schema = z.ZodObject;

interface RouteDescription<P extends Schema, Q extends Schema, B extends Schema, A extends Schema> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/chat/channels/{id}`. */
  readonly path: string;
  readonly summary: string;
  readonly params?: P;
  readonly query?: Q;
  /** An empty body is read as `{}`. */
  readonly body?: B;
  readonly answer: A;
  readonly statuses: readonly (200 | 201 | 202)[];
  /** Beside the ones that any route may give. */
  readonly refusals?: readonly ErrorCode[];
  /** The cost of a request. Absent: the entry in `rest-costs.ts`; a route without an entry counts as a read for GET, and as a write for all other methods. */
  readonly cost?: RouteCost;
}

interface Asked<P extends Schema, Q extends Schema, B extends Schema> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly context: Context<RestEnv>;
}

interface Given<P extends Schema, Q extends Schema, B extends Schema> extends Asked<P, Q, B> {
  readonly claims: Claims;
  /** The back end that acts for this person; null: they have a token of their own. */
  readonly service: Service | null;
}

interface Answer<A extends Schema> {
  readonly status: 200 | 201 | 202;
  readonly body: z.output<A>;
}

const ALWAYS: readonly ErrorCode[] = [
  'invalid-request',
  'unauthenticated',
  'token-expired',
  'rate-limited',
  'unavailable',
];

/** `handleForService`: the handler for a back end that acts for no person. Absent: it has to name one. */
export function addRoute<P extends Schema, Q extends Schema, B extends Schema, A extends Schema>(
  app: RestApp,
  description: RouteDescription<P, Q, B, A>,
  handle: (given: Given<P, Q, B>) => Promise<Answer<NoInfer<A>>>,
  handleForService: ((asked: Asked<P, Q, B>) => Promise<Answer<NoInfer<A>>>) | null = null,
): void {
  const { method, path, params, query, body } = description;
  const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1');
  const cost = description.cost ?? costOf(method.toUpperCase(), pattern);
  app.openAPIRegistry.registerPath({ ...toOpenApi(description, handleForService !== null), 'x-cost': cost });
  app.on(method.toUpperCase(), pattern, async (context: Context<RestEnv>) => {
    const { caller, bounds, log } = context.var;
    const payer = payerOf(caller);
    bounds.pay(cost, payer);
    const act =
      caller.type === 'service'
        ? handleForService
        : (asked: Asked<P, Q, B>) => handle({ ...asked, claims: caller.claims, service: caller.service });
    if (act === null) throw nobodyNamed();
    const asked = {
      params: parse(params, context.req.param(), 'The address'),
      query: parse(query, context.req.query(), 'The query'),
      body: body === undefined ? ({} as z.output<B>) : parse(body, (await readJson(context.req.raw)) ?? {}, 'The body'),
      context,
    };
    const { json, status } = await bounds.answer(cost, payer, async () => {
      const answer = await act(asked);
      return { json: encodeJson(answer.body), status: answer.status };
    });
    if (caller.service !== null && method !== 'get')
      log.info(
        {
          service: caller.service.name,
          user: caller.type === 'user' ? caller.claims.userId : null,
          did: `${method.toUpperCase()} ${pattern}`,
          tablo: context.req.param('id') ?? null,
          status,
        },
        'A back end has changed something.',
      );
    return sendJson(context, json, status);
  });
}

const nobodyNamed = (): Error =>
  invalidRequest(`A back end says in the header ${CHAT_USER} for whom it does this: a user id.`);

/** Behind all routes of `/chat`: a request for another path or method is charged like a read. */
export function addNoRoute(app: RestApp): void {
  app.all('/chat/*', (context) => {
    const { caller, bounds } = context.var;
    bounds.pay('reads', payerOf(caller));
    throw notFound();
  });
}

function parse<S extends Schema>(schema: S | undefined, value: unknown, what: string): z.output<S> {
  if (schema === undefined) return {} as z.output<S>;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue?.path.join('.') ?? '';
  // Zod's messages name types and bounds, not the value.
  throw invalidRequest(
    `${what} is not as expected: ${where === '' ? '' : `${where}: `}${issue?.message ?? 'unknown'}.`,
  );
}

const NAME_SOMEBODY = `A service token does this for a person: ${CHAT_USER} says for whom.`;
const chatUserHeader = z.object({
  [CHAT_USER]: z
    .string()
    .optional()
    .meta({ format: 'uuid', description: 'With a service token: for whom. Means nothing with a token of a person.' }),
});

function toOpenApi<P extends Schema, Q extends Schema, B extends Schema, A extends Schema>(
  route: RouteDescription<P, Q, B, A>,
  isForService: boolean,
): RouteConfig {
  const json = (schema: z.ZodType) => ({ 'application/json': { schema } });
  const refusals = Map.groupBy([...ALWAYS, ...(route.refusals ?? [])], (code) => ERROR_STATUS[code]);
  return {
    method: route.method,
    path: route.path,
    summary: route.summary,
    description: isForService ? `A service token may do this without ${CHAT_USER}.` : NAME_SOMEBODY,
    security: [{ bearer: [] }],
    request: {
      headers: chatUserHeader,
      ...(route.params === undefined ? {} : { params: route.params }),
      ...(route.query === undefined ? {} : { query: route.query }),
      ...(route.body === undefined ? {} : { body: { content: json(route.body) } }),
    },
    responses: {
      ...Object.fromEntries(
        route.statuses.map((status) => [status, { description: 'Done.', content: json(route.answer) }]),
      ),
      ...Object.fromEntries(
        [...refusals].map(([status, codes]) => [status, { description: codes.join(', '), content: json(errorBody) }]),
      ),
    },
  };
}
