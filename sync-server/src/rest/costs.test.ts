/** [R11] Every cost has an owner and a bound. This walks over all that a client can ask for, and over all frames it can send. */
import { describe, expect, it } from 'vitest';
import { EVERYTHING } from '../costs/cost.ts';
import { COSTS } from '../costs/costs.ts';
import { REST_COSTS } from '../costs/rest-costs.ts';
import { CONTROL_FRAMES } from '../sync/socket/frames/frame-intake.ts';
import { CLIENT_FRAME, SYNC_STEP_1, SYNC_STEP_2, UPDATE } from '../sync/socket/frames/frame-types.ts';
import type { RestApp } from './routes/route.ts';
import { BESIDE_ROUTES, openAllRoutes as openAll } from './testing/test-all-routes.ts';

/** What stands in front of the routes: `paid-routes.test.ts` shows what it takes. `ALL /chat/*` is a route as well, the last. */
const MIDDLEWARE = ['ALL /*', 'ALL /api/*'];
/** Answered before there is a frame. */
const UPGRADES = ['/sync upgrade', '/yjs upgrade'];
const STEPS: Readonly<Record<number, string>> = {
  [SYNC_STEP_1]: 'SyncStep1',
  [SYNC_STEP_2]: 'SyncStep2',
  [UPDATE]: 'Update',
};
/** `/yjs` has y-websocket's types; the others of ours are nothing there. */
const ON_YJS = ['sync', 'awareness'];

const routesOf = (app: RestApp): string[] =>
  [...new Set(app.routes.map(({ method, path }) => `${method} ${path}`))].filter(
    (route) => !MIDDLEWARE.includes(route),
  );

function frameKinds(frame: Readonly<Record<string, number>> = CLIENT_FRAME): string[] {
  const kindsOf = (name: string): string[] => {
    if (name === 'sync') return Object.values(STEPS);
    if (name === 'syncReply') return Object.values(STEPS).map((step) => `reply ${step}`);
    return [name];
  };
  const beside = ['unknown type', 'text', ...CONTROL_FRAMES.map((kind) => `control ${kind}`)];
  const onSync = [...Object.keys(frame).flatMap(kindsOf), ...beside, 'PING', 'PONG'];
  const onYjs = [
    ...Object.keys(frame)
      .filter((name) => ON_YJS.includes(name))
      .flatMap(kindsOf),
    ...beside,
  ];
  return [...onSync.map((kind) => `/sync ${kind}`), ...onYjs.map((kind) => `/yjs ${kind}`)];
}

const covered = new Set(COSTS.flatMap(({ covers }) => (covers === EVERYTHING ? [] : covers)));
const uncovered = (kinds: readonly string[]): string[] => kinds.filter((kind) => !covered.has(kind));

describe('the table of costs', () => {
  it('[R11] the table of costs has a row for every route, and for what is answered without one', () => {
    expect(uncovered([...routesOf(openAll()), ...BESIDE_ROUTES, ...UPGRADES])).toEqual([]);
  });

  it('[R11] the table of costs has a row for every kind of frame, at both doors', () => {
    expect(uncovered(frameKinds())).toEqual([]);
  });

  it('[R11] the table of costs fails for a route that somebody adds, whatever its method and place, and for a new frame', () => {
    const app = openAll();
    app.get('/planted', (context) => context.text('free of charge'));
    app.post('/chat/channels/:id/planted', (context) => context.text('free of charge'));
    app.all('/api/planted', (context) => context.text('free of charge'));
    expect(uncovered(routesOf(app))).toEqual(['GET /planted', 'POST /chat/channels/:id/planted', 'ALL /api/planted']);
    expect(uncovered(frameKinds({ ...CLIENT_FRAME, planted: 6 }))).toEqual(['/sync planted']);
  });

  it('the table of costs names nothing that is not there', () => {
    const known = new Set([...routesOf(openAll()), ...BESIDE_ROUTES, ...UPGRADES, ...frameKinds()]);
    expect([...covered].filter((kind) => !known.has(kind))).toEqual([]);
  });

  it('the table of costs says of REST what each route really pays', () => {
    const { paths = {} } = openAll().getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } });
    const paid = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods as Record<string, { 'x-cost': string }>).map(
        ([method, operation]) =>
          [`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`, operation['x-cost']] as const,
      ),
    );
    const told = Object.entries(REST_COSTS).flatMap(([cost, routes]) => routes.map((route) => [route, cost] as const));
    expect(Object.fromEntries(paid)).toEqual(Object.fromEntries(told));
  });

  it('the table of costs stands for every route of `/chat` in the OpenAPI document, each with its answer and its refusals', () => {
    const { paths = {} } = openAll().getOpenAPI31Document({ openapi: '3.1.0', info: { title: '', version: '' } });
    type Operation = { responses: Record<string, { content?: Record<string, { schema?: unknown }> }> };
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods as Record<string, Operation>).map(([method, { responses }]) => {
        const statuses = Object.keys(responses);
        expect(
          statuses.some((status) => status.startsWith('2')),
          path,
        ).toBe(true);
        expect(statuses, path).toEqual(expect.arrayContaining(['400', '401', '429', '503']));
        for (const { content } of Object.values(responses))
          expect(content?.['application/json']?.schema, path).toBeDefined();
        return `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`;
      }),
    );
    const chat = routesOf(openAll()).filter((route) => route.includes(' /chat/') && route !== 'ALL /chat/*');
    expect(described.toSorted()).toEqual(chat.toSorted());
  });

  it('the table of costs has a bound, and an answer, in every row', () => {
    for (const { resource, bound, answer, covers } of COSTS) {
      expect(answer, resource).not.toBe('');
      expect('settings' in bound ? bound.settings.length : bound.constant.length, resource).toBeGreaterThan(0);
      expect(covers.length, resource).toBeGreaterThan(0);
    }
  });
});
