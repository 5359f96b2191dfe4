/** `/healthz`: the process lives. `/readyz`: migrated, and the database answers and stores. `/metrics`: Prometheus text, for whom the settings say. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import type { Registry } from 'prom-client';
import { createHostCheck } from '../../base/origins.ts';
import { AppError, notFound, refusal } from '../base/app-error.ts';
import { recently } from '../base/recently.ts';
import { isFromThisMachine } from '../requests/client-address.ts';
import type { RestApp } from './route.ts';

/** Resolves when the database answered a query. */
type Ping = () => Promise<unknown>;

const ANSWER_WITHIN_MS = 2_000;
const AWAY = 'Messages cannot be stored right now; they are tried again.';
const SILENT = 'The database does not answer.';
const UNREACHED = 'The database cannot be reached.';
/** However many requests come, the database is asked twice a second, and the registry is read four times a second. */
const PING_AGE_MS = 500;
const METRICS_AGE_MS = 250;

export interface Health {
  readonly ping: Ping;
  /** What keeps the server from seeing the rows that are there, as a sentence; null when nothing does. Asked when `ping` was answered. */
  readonly findHidden: () => Promise<string | null>;
  /** Since when nothing can be stored, ms since the Unix epoch: the value that clients receive. */
  readonly awaySince: () => number | null;
  /** The database did not answer: clients should know as well. */
  readonly onTrouble: () => void;
  /** Why changes in the database are not received, as a sentence; null: they are received. */
  readonly findDeafness?: () => string | null;
  readonly registry: Registry;
  readonly settings: MetricsSettings;
}

interface MetricsSettings {
  /** `local`: this machine, and whoever brings the token. */
  readonly metrics: 'local' | 'public' | 'off';
  readonly metricsToken: string | null;
  readonly trustProxy: boolean;
}

export function addHealthRoutes(app: RestApp, health: Health): void {
  const { ping, findHidden, awaySince, onTrouble, findDeafness, registry, settings } = health;
  const trouble = recently(async () => {
    const reason = await withinTime(ping().then(findHidden));
    if (reason === SILENT || reason === UNREACHED) onTrouble();
    return reason;
  }, PING_AGE_MS);
  const metrics = recently(() => registry.metrics(), METRICS_AGE_MS);
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', async (context) => {
    const reason = awaySince() === null ? ((await trouble()) ?? findDeafness?.() ?? null) : AWAY;
    return reason === null ? context.json({ status: 'ready' }) : context.json({ status: 'unavailable', reason }, 503);
  });
  if (settings.metrics === 'off') return;
  app.get('/metrics', async (context) => {
    assertMayWatch(context, settings);
    return context.body(await metrics(), 200, { 'Content-Type': registry.contentType });
  });
}

function assertMayWatch(context: Context, { metrics, metricsToken, trustProxy }: MetricsSettings): void {
  if (metrics === 'public') return;
  const given = /^bearer +(\S+) *$/i.exec(context.req.header('authorization') ?? '')?.[1];
  if (given !== undefined && metricsToken !== null && isSame(given, metricsToken)) return;
  if (given === undefined && isFromThisMachine(context, trustProxy) && isLocalName(context.req.header('host'))) return;
  // With neither, the answer is 404: anything else would tell a stranger that it is worth trying on.
  throw given === undefined || metricsToken === null ? notFound() : new AppError(refusal('unauthenticated'));
}

/** A page of another site can lead its own name to this machine, and ask from a browser on it. */
const isLocalName = (host: string | undefined): boolean => host === undefined || isOwnHost(host);
const isOwnHost = createHostCheck([], 'http://localhost');

/** Compared in constant time. */
function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

/** What keeps the server from doing its work, as a sentence; null when nothing does. An orchestrator waits no longer than this. */
async function withinTime(answer: Promise<string | null>): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(SILENT), ANSWER_WITHIN_MS);
  });
  const trouble = await Promise.race([answer.catch(() => UNREACHED), tooLate]);
  clearTimeout(timer);
  return trouble;
}
