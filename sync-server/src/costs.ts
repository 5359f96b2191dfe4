/**
 * Every cost has an owner and a bound, in its own unit, before it is paid. The one table of them: `docs/ARCHITECTURE.md` shows it (`npm run docs`), and a test
 * walks over all routes and frame kinds and fails for one that stands in no row. Whoever adds a route or a frame adds it to the rows that bound it.
 */
import { OPTIONS } from './config.ts';
import { REST_COSTS } from './rest-costs.ts';

type Payer = 'user' | 'address' | 'connection' | 'socket' | 'document' | 'all strangers' | 'all';

export interface Cost {
  readonly resource: string;
  readonly payer: Payer;
  readonly unit: string;
  /** Settings, whose defaults are read off `config.ts`; or a constant, with its value. */
  readonly bound: { readonly settings: readonly (keyof typeof OPTIONS)[] } | { readonly constant: string };
  /** `limit` of `tablo_limited_total`, or a metric's whole name; null: nothing counts it. */
  readonly metric: string | null;
  readonly told: string;
  /** Routes (`GET /chat/channels`) and frame kinds (`/sync Update`) that pay it. What all of them pay is no excuse for a new one: `EVERYTHING`. */
  readonly covers: readonly string[] | typeof EVERYTHING;
}

/** Of the port, whatever is asked for. */
export const EVERYTHING = 'everything';

const CHAT_ROUTES = Object.values(REST_COSTS).flat();
const HEALTH = ['GET /healthz', 'GET /readyz'];
const OPEN = [
  'GET /metrics',
  'GET /docs',
  'GET /docs/style.css',
  'GET /openapi.json',
  'GET /api/config',
  'no such route',
];
const PAGE = ['the page'];
const ASKING = ['GET /api/auth/get-session', 'GET /api/auth/token', 'GET /api/auth/jwks', 'POST /api/auth/sign-out'];
const HASHING = ['POST /api/auth/sign-in/email', 'POST /api/auth/sign-up/email'];
const AUTH = [...ASKING, ...HASHING];

const both = (...kinds: readonly string[]): string[] => kinds.flatMap((kind) => [`/sync ${kind}`, `/yjs ${kind}`]);
const UPDATES = [...both('SyncStep2', 'Update'), '/sync reply SyncStep2', '/sync reply Update'];
const JOINS = [...both('SyncStep1'), '/sync reply SyncStep1'];
const AWARENESS = both('awareness');
const STATELESS = ['/sync stateless'];
const TOKENS = ['/sync auth', '/yjs upgrade'];
const SIGNS = ['/sync PING', '/sync PONG'];
const NONSENSE = both('unknown type', 'text', 'control');
const FRAMES = [...UPDATES, ...JOINS, ...AWARENESS, ...STATELESS, '/sync auth', ...NONSENSE];

const setting = (...settings: readonly (keyof typeof OPTIONS)[]): Cost['bound'] => ({ settings });
const constant = (value: string): Cost['bound'] => ({ constant: value });

const WAIT = '429 `rate-limited`, Retry-After';
const CUT = 'the connection ends';

export const COSTS: readonly Cost[] = [
  {
    resource: 'HTTP connections',
    payer: 'address',
    unit: 'connections',
    bound: setting('MAX_CONNECTIONS_PER_ADDRESS'),
    metric: 'address-connections',
    told: `${CUT}: the oldest idle one, else the newest`,
    covers: EVERYTHING,
  },
  {
    resource: 'HTTP connections',
    payer: 'all',
    unit: 'connections',
    bound: setting('MAX_CONNECTIONS'),
    metric: 'connections',
    told: `${CUT}: the oldest idle one, else the newest`,
    covers: EVERYTHING,
  },
  {
    resource: 'a request that does not come',
    payer: 'connection',
    unit: 'time',
    bound: constant('10 s for a head; a body 5 s, then 8 KiB/s; 16 KiB of head, 256 KiB of body; 8 requests at once'),
    metric: 'stalled',
    told: `408, ${CUT}`,
    covers: EVERYTHING,
  },
  {
    resource: 'an answer that is not read',
    payer: 'connection',
    unit: 'time',
    bound: constant('15 s without a byte; 15 s, then 4 KiB/s; idle 15 s (75 s behind a proxy)'),
    metric: 'stalled',
    told: CUT,
    covers: EVERYTHING,
  },
  {
    resource: 'files of the page, from memory',
    payer: 'address',
    unit: 'requests/s',
    bound: setting('RATE_PAGE_PER_SECOND'),
    metric: 'page',
    told: WAIT,
    covers: PAGE,
  },
  {
    resource: 'probes; a value at most 0.5 s old',
    payer: 'address',
    unit: 'requests/s',
    bound: constant('1,000'),
    metric: 'health',
    told: WAIT,
    covers: HEALTH,
  },
  {
    resource: 'documentation, metrics, what is not there, REST without a good token',
    payer: 'address',
    unit: 'requests/s',
    bound: setting('RATE_OPEN_PER_SECOND'),
    metric: 'open',
    told: WAIT,
    covers: OPEN,
  },
  {
    resource: 'sessions and tokens of the built-in service',
    payer: 'address',
    unit: 'requests/s',
    bound: setting('RATE_OPEN_PER_SECOND'),
    metric: 'auth',
    told: WAIT,
    covers: AUTH,
  },
  {
    resource: 'its requests under way, bodies included; eight times as many wait',
    payer: 'address',
    unit: 'requests',
    bound: setting('MAX_REQUESTS_PER_ADDRESS'),
    metric: 'address-requests',
    told: WAIT,
    covers: AUTH,
  },
  {
    resource: 'attempts to sign in',
    payer: 'address',
    unit: 'requests/min',
    bound: setting('RATE_SIGN_INS_PER_MINUTE'),
    metric: 'sign-ins',
    told: WAIT,
    covers: ['POST /api/auth/sign-in/email'],
  },
  {
    resource: 'accounts made',
    payer: 'address',
    unit: 'requests/min',
    bound: setting('RATE_SIGN_UPS_PER_MINUTE'),
    metric: 'sign-ups',
    told: WAIT,
    covers: ['POST /api/auth/sign-up/email'],
  },
  {
    resource: 'password hashes: processor and memory',
    payer: 'address',
    unit: 'hashes',
    bound: constant('2 at once (1 on two cores), by turns; 64 wait by address, 500 in all'),
    metric: 'hashes',
    told: WAIT,
    covers: HASHING,
  },
  {
    resource: 'signatures of tokens not seen before',
    payer: 'address',
    unit: 'tokens/s',
    bound: setting('RATE_TOKEN_CHECKS_PER_SECOND'),
    metric: 'token-checks',
    told: WAIT,
    covers: CHAT_ROUTES,
  },
  {
    resource: 'REST that reads',
    payer: 'user',
    unit: 'requests/s',
    bound: setting('RATE_READS_PER_SECOND', 'RATE_READS_BURST'),
    metric: 'reads',
    told: WAIT,
    covers: [...REST_COSTS.reads, ...REST_COSTS.lists],
  },
  {
    resource: 'lists of all one’s tablos',
    payer: 'user',
    unit: 'requests',
    bound: constant('1 at once, 48 wait; 6 at once in all'),
    metric: 'lists',
    told: WAIT,
    covers: REST_COSTS.lists,
  },
  {
    resource: 'REST that writes',
    payer: 'user',
    unit: 'requests/s',
    bound: setting('RATE_WRITES_PER_SECOND', 'RATE_WRITES_BURST'),
    metric: 'writes',
    told: WAIT,
    covers: REST_COSTS.writes,
  },
  {
    resource: 'REST that changes tablos, members, invitations',
    payer: 'user',
    unit: 'requests/s',
    bound: setting('RATE_CHANGES_PER_SECOND', 'RATE_CHANGES_BURST'),
    metric: 'changes',
    told: WAIT,
    covers: REST_COSTS.changes,
  },
  {
    resource: 'REST under way, until answers have left; eight times as many wait',
    payer: 'user',
    unit: 'requests',
    bound: setting('MAX_REQUESTS_PER_USER'),
    metric: 'user-requests',
    told: WAIT,
    covers: CHAT_ROUTES,
  },
  {
    resource: 'REST that waits for the database',
    payer: 'all',
    unit: 'requests',
    bound: setting('MAX_WAITING_REQUESTS'),
    metric: 'waiting-requests',
    told: '503 `unavailable`, Retry-After',
    covers: CHAT_ROUTES,
  },
  {
    resource: 'compression of answers',
    payer: 'all',
    unit: 'answers',
    bound: constant('2 at once, up to 1 MiB each, the cheapest level'),
    metric: null,
    told: 'the answer, as it is',
    covers: CHAT_ROUTES,
  },
  {
    resource: 'sessions kept',
    payer: 'user',
    unit: 'rows',
    bound: constant('100, the newest'),
    metric: null,
    told: 'the oldest is signed out',
    covers: HASHING,
  },
  {
    resource: 'WebSockets without a sign-in',
    payer: 'all strangers',
    unit: 'sockets',
    bound: setting('MAX_STRANGER_SOCKETS', 'STRANGER_SECONDS', 'MAX_STRANGER_BYTES'),
    metric: 'strangers',
    told: 'the oldest is ended; late ones with `unauthenticated`',
    covers: [...TOKENS, '/sync upgrade'],
  },
  {
    resource: 'WebSockets',
    payer: 'user',
    unit: 'sockets',
    bound: setting('MAX_SOCKETS_PER_USER'),
    metric: 'sockets',
    told: 'denied `rate-limited`',
    covers: TOKENS,
  },
  {
    resource: 'joined tablos',
    payer: 'socket',
    unit: 'documents',
    bound: setting('MAX_DOCUMENTS_PER_SOCKET'),
    metric: 'documents',
    told: 'denied `rate-limited`',
    covers: ['/sync auth'],
  },
  {
    resource: 'entries',
    payer: 'user',
    unit: 'entries/s',
    bound: setting('RATE_ENTRIES_PER_SECOND', 'RATE_ENTRIES_BURST'),
    metric: 'entries',
    told: '`refused` `rate-limited`; REST 429',
    covers: [...UPDATES, 'POST /chat/channels/:id/messages'],
  },
  {
    resource: 'bytes of updates',
    payer: 'user',
    unit: 'bytes/s',
    bound: setting('RATE_BYTES_PER_SECOND', 'RATE_BYTES_BURST'),
    metric: 'bytes',
    told: '`refused` `rate-limited`',
    covers: UPDATES,
  },
  {
    resource: 'states asked for',
    payer: 'user',
    unit: 'joins/s',
    bound: setting('RATE_JOINS_PER_SECOND', 'RATE_JOINS_BURST'),
    metric: 'joins',
    told: 'the document’s connection closes `rate-limited`',
    covers: JOINS,
  },
  {
    resource: 'presence',
    payer: 'user',
    unit: 'frames/s',
    bound: setting('RATE_AWARENESS_PER_SECOND'),
    metric: 'awareness',
    told: 'nothing: dropped',
    covers: AWARENESS,
  },
  {
    resource: 'questions',
    payer: 'user',
    unit: 'questions/s',
    bound: setting('RATE_QUESTIONS_PER_SECOND'),
    metric: 'questions',
    told: 'nothing: not answered',
    covers: STATELESS,
  },
  {
    resource: 'signs of life',
    payer: 'socket',
    unit: 'answers/s',
    bound: constant('2.5'),
    metric: null,
    told: 'nothing: not answered',
    covers: SIGNS,
  },
  {
    resource: 'frames received and not handled',
    payer: 'socket',
    unit: 'bytes',
    bound: setting('MAX_UNHANDLED_BYTES'),
    metric: 'unhandled',
    told: 'the socket ends `rate-limited`',
    covers: FRAMES,
  },
  {
    resource: 'updates that wait for their commit; frames at twice as much',
    payer: 'all',
    unit: 'bytes',
    bound: setting('MAX_QUEUED_BYTES'),
    metric: 'queued',
    told: '`refused` `unavailable`; the fullest socket ends',
    covers: FRAMES,
  },
  {
    resource: 'what is sent and not read',
    payer: 'socket',
    unit: 'bytes',
    bound: setting('MAX_UNREAD_BYTES'),
    metric: 'unread',
    told: 'the socket ends',
    covers: FRAMES,
  },
];

/** For docs/ARCHITECTURE.md: a Markdown table. */
export function describeCosts(): string {
  const rows = COSTS.map(({ resource, payer, unit, bound, metric, told, covers }) => {
    const cells = [resource, payer, unit, ...describeBound(bound), metric === null ? '' : `\`${metric}\``, told];
    return `| ${cells.join(' | ')} | ${describeCovered(covers)} |`;
  });
  return [
    '| resource | who pays | unit | bound | setting | `limit` of the metric | what the client is told | of what |',
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
  ['all of `/api/auth`', AUTH],
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
