/** `npm start -- --check`: what a start would find, what it would change, and what stands in its way. Nothing is changed. */
import type { Finding } from '../base/finding.ts';
import type { Config } from '../config/config.ts';
import { checkDatabase } from './check-database.ts';
import { checkPort } from './check-port.ts';
import { checkAddresses, checkTokens } from './check-settings.ts';
import { checkWebhooks } from './check-webhooks.ts';

export async function check(config: Config): Promise<readonly Finding[]> {
  return [
    await checkPort(config),
    ...checkAddresses(config),
    await checkTokens(config),
    ...(await checkWebhooks(config)),
    ...(await checkDatabase(config)),
  ];
}

export const canStart = (found: readonly Finding[]): boolean => found.every(({ kind }) => kind !== 'stop');

const HEADS: Readonly<Record<Finding['kind'], string>> = { ok: 'ok', change: 'change', note: 'note', stop: 'STOP' };

export function describeCheck(found: readonly Finding[]): string {
  const lines = found.map(({ kind, sentence }) => `  ${HEADS[kind].padEnd(8)}${capital(sentence)}`);
  return `${lines.join('\n')}\n\n${conclude(found)} Nothing was changed now.\n`;
}

function conclude(found: readonly Finding[]): string {
  if (!canStart(found)) return 'A start would not come through: STOP says why.';
  const changes = found.some(({ kind }) => kind === 'change');
  return changes ? 'A start would do what is called change, and serve.' : 'A start would change nothing, and serve.';
}

/** A table's name stays as it is. */
const capital = (sentence: string): string =>
  sentence.startsWith('public.') ? sentence : sentence.charAt(0).toUpperCase() + sentence.slice(1);
