/**
 * Every cost has an owner and a bound, in its own unit, before it is paid. The one table of them: `docs/ARCHITECTURE.md` shows it (`npm run docs`), and a test
 * walks over all routes and frame kinds and fails for one that stands in no row. A new route or frame has to be added to the rows that bound it.
 */
import { OPTIONS } from '../config/config-options.ts';
import { type Cost, EVERYTHING } from './cost.ts';
import { DOMAIN_COSTS } from './domain-costs.ts';
import { AUTH_ROUTES, CHAT_ROUTES, HTTP_COSTS } from './http-costs.ts';
import { FRAMES, SOCKET_COSTS, UPDATES } from './socket-costs.ts';

export const COSTS: readonly Cost[] = [...HTTP_COSTS, ...SOCKET_COSTS, ...DOMAIN_COSTS];

/** For docs/ARCHITECTURE.md: a Markdown table. */
export function describeCosts(): string {
  const rows = COSTS.map(({ resource, payer, unit, bound, metric, answer, covers }) => {
    const cells = [resource, payer, unit, ...describeBound(bound), metric === null ? '' : `\`${metric}\``, answer];
    return `| ${cells.join(' | ')} | ${describeCovered(covers)} |`;
  });
  return [
    '| resource | who pays | unit | bound | setting | `limit` of the metric | what the client gets | of what |',
    '|---|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function describeBound(bound: Cost['bound']): readonly [string, string] {
  if ('constant' in bound) return [bound.constant, ''];
  const defaults = bound.settings.map((name) => {
    const option: { readonly type: string; readonly fallback?: string } = OPTIONS[name];
    return Number(option.fallback).toLocaleString('en');
  });
  return [defaults.join(', '), bound.settings.map((name) => `\`${name}\``).join(', ')];
}

const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  ['all of `/chat`', CHAT_ROUTES],
  ['all of `/api/auth`', AUTH_ROUTES],
  ['all frames', FRAMES],
  ['updates', UPDATES],
];

function describeCovered(covers: Cost['covers']): string {
  if (covers === EVERYTHING) return 'all that the port serves';
  const left = new Set(covers);
  const named = GROUPS.flatMap(([name, members]) => {
    if (!members.every((member) => left.has(member))) return [];
    for (const member of members) left.delete(member);
    return [name];
  });
  return [...named, ...[...left].map((one) => `\`${one}\``)].join(', ');
}
