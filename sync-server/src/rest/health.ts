/** `/healthz`: the process lives. `/readyz`: migrated, and the database answers and stores. `/metrics`: Prometheus text. */
import type { Registry } from 'prom-client';
import type { RestApp } from './route.ts';

/** Resolves when the database answered a query. */
type Ping = () => Promise<unknown>;

const ANSWER_WITHIN_MS = 2_000;
const AWAY = 'Messages cannot be stored right now; they are tried again.';

export interface Health {
  readonly ping: Ping;
  /** ms since the Unix epoch since when nothing can be stored: the same that clients are told. */
  readonly awaySince: () => number | null;
  /** The database did not answer: clients should know as well. */
  readonly onTrouble: () => void;
  readonly registry: Registry;
}

export function addHealthRoutes(app: RestApp, { ping, awaySince, onTrouble, registry }: Health): void {
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', async (context) => {
    const reason = awaySince() === null ? await findTrouble(ping) : AWAY;
    if (reason !== null) onTrouble();
    return reason === null ? context.json({ status: 'ready' }) : context.json({ status: 'unavailable', reason }, 503);
  });
  app.get('/metrics', async (context) =>
    context.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType }),
  );
}

/** What keeps the server from doing its work, as a sentence; null when nothing does. */
async function findTrouble(ping: Ping): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('The database does not answer.'), ANSWER_WITHIN_MS);
  });
  const answer = ping().then(
    () => null,
    () => 'The database cannot be reached.',
  );
  const trouble = await Promise.race([answer, tooLate]);
  clearTimeout(timer);
  return trouble;
}
