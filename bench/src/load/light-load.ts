/** One message at a time in one tablo: how long until another member has it, and until its author knows that it is safe. */
import { setTimeout as delay } from 'node:timers/promises';
import { computeQuantiles } from '../support/quantiles.ts';
import { LoadClient } from './load-client.ts';
import type { LightPlan, LightResult } from './plan.ts';

const ANSWER_DEADLINE_MS = 10_000;

export async function runLightLoad(plan: LightPlan): Promise<LightResult> {
  const seen: number[] = [];
  const acknowledged: number[] = [];
  let sentAt = 0;
  let answers = 0;
  let isMeasuring = false;
  const clients = plan.seats.map(
    (seat) =>
      new LoadClient(seat, {
        onAcknowledged: (ms) => {
          answers += 1;
          if (isMeasuring) acknowledged.push(ms);
        },
        onReceived: () => {
          answers += 1;
          if (isMeasuring) seen.push(performance.now() - sentAt);
        },
      }),
  );
  await Promise.all(clients.map((client) => client.joined()));
  const [author] = clients;
  const periodMs = 1_000 / plan.perSecond;
  const warmUp = Math.round(plan.warmUpSeconds * plan.perSecond);
  const total = warmUp + Math.round(plan.seconds * plan.perSecond);
  for (let nth = 0; nth < total; nth += 1) {
    isMeasuring = nth >= warmUp;
    answers = 0;
    sentAt = performance.now();
    author?.send();
    await delay(periodMs);
    const deadline = sentAt + ANSWER_DEADLINE_MS;
    // Everybody has it before the next one goes, so that `sentAt` is always that of the message in question.
    while (answers < clients.length && performance.now() < deadline) await delay(1);
    if (answers < clients.length) throw new Error('A message was not answered in time.');
  }
  for (const client of clients) client.close();
  return { type: 'light', seen: computeQuantiles(seen), acknowledged: computeQuantiles(acknowledged) };
}
