/** `/healthz`: the process lives. `/readyz`: migrated, and the database answers and stores. `/metrics`: Prometheus text. */
import type { Registry } from 'prom-client';
import type { RestApp } from './route.ts';

/** Resolves when the database answered a query. */
type Ping = () => Promise<unknown>;

const ANSWER_WITHIN_MS = 2_000;

export function addHealthRoutes(app: RestApp, ping: Ping, failingSince: () => number | null, registry: Registry): void {
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', async (context) => {
    const reason = await findTrouble(ping, failingSince());
    return reason === null ? context.json({ status: 'ready' }) : context.json({ status: 'unavailable', reason }, 503);
  });
  app.get('/metrics', async (context) =>
    context.body(await registry.metrics(), 200, { 'Content-Type': registry.contentType }),
  );
}

/** What keeps the server from doing its work, as a sentence; null when nothing does. */
async function findTrouble(ping: Ping, failingSince: number | null): Promise<string | null> {
  if (failingSince !== null) return 'Messages cannot be stored right now; they are tried again.';
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
