/** The settings of a process, from the environment and from options. The table of them is `config-options.ts`. This file and `main.ts` alone know the environment. */
import { EPOCH_MAX_CLIENTS } from '@tablo/schema/limits';

import type { WebhookEvent } from '@tablo/schema/rest/webhook';
import { err, ok, type Result } from '@tablo/schema/result';
import type { LogFormat, LogLevel } from '../base/log.ts';
import { BUILT_IN_ISSUER, type METRICS_MODES, OPTIONS, type Option } from './config-options.ts';
import type { Parse } from './config-values.ts';
import type { EpochLimits, LimitSettings } from './limit-settings.ts';
import type { RestBounds } from './rest-bounds.ts';

/** Whose tokens are accepted: an external issuer's, or those of our own identity service. */
export type TokenSource =
  | { readonly type: 'secret'; readonly secret: string }
  | { readonly type: 'jwks'; readonly url: string }
  | { readonly type: 'built-in' };

export interface WebhookSettings {
  readonly urls: readonly string[];
  readonly events: readonly WebhookEvent[];
  /** The first is the newest; all sign. */
  readonly secrets: readonly Buffer[];
}

export interface Config {
  readonly port: number;
  readonly host: string;
  /** null: an embedded PostgreSQL under `dataDir`. */
  readonly databaseUrl: string | null;
  readonly databaseConnections: number;
  readonly dataDir: string;
  readonly tokens: TokenSource;
  readonly issuer: string;
  readonly audience: string | null;
  /** Of the host's back end, beside tokens with the role `service_role`. */
  readonly serviceTokens: readonly string[];
  /** Origins (`https://host`), or `*`. */
  readonly allowedOrigins: readonly string[];
  /** An origin, with a path where there is one; without a slash at the end. */
  readonly publicUrl: string | null;
  readonly redisUrl: string | null;
  readonly trustProxy: boolean;
  readonly epochLimits: EpochLimits;
  /** `host`: the host application alone adds members. */
  readonly addMembers: 'members' | 'host';
  readonly bounds: RestBounds;
  readonly limits: LimitSettings;
  /** null: no webhooks are sent. */
  readonly webhooks: WebhookSettings | null;
  /** Who gets `/metrics`. */
  readonly metrics: (typeof METRICS_MODES)[number];
  readonly metricsToken: string | null;
  readonly hasDocs: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

type OptionName = keyof typeof OPTIONS;
type Parsed<O> = O extends { readonly parse: Parse<infer T> }
  ? O extends { readonly fallback: string }
    ? T
    : T | null
  : never;
type Values = { readonly [Name in OptionName]: Parsed<(typeof OPTIONS)[Name]> };

/** What these settings were called before: whoever has set one keeps the bound that they chose. */
const EARLIER_NAMES: Partial<Record<OptionName, string>> = {
  MAX_UNAUTHENTICATED_SOCKETS: 'MAX_STRANGER_SOCKETS',
  MAX_UNAUTHENTICATED_SOCKETS_PER_ADDRESS: 'MAX_STRANGER_SOCKETS_PER_ADDRESS',
  MAX_UNAUTHENTICATED_BYTES: 'MAX_STRANGER_BYTES',
  UNAUTHENTICATED_SECONDS: 'STRANGER_SECONDS',
};

const NAMES = Object.keys(OPTIONS) as readonly OptionName[];

export type Environment = Readonly<Record<string, string | undefined>>;

/** The settings, or one sentence that names the wrong one. `--port 80` and `--port=80` win over `PORT`; an empty text counts as absent. */
export function parseConfig(env: Environment, argv: readonly string[] = []): Result<Config, string> {
  const flags = parseFlags(argv);
  if (!flags.ok) return flags;
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const name of NAMES) {
    const option: Option<unknown> = OPTIONS[name];
    const earlier = env[EARLIER_NAMES[name] ?? ''];
    const given = flags.value[name]?.trim() || env[name]?.trim() || earlier?.trim() || option.fallback;
    if (given === undefined) {
      values[name] = null;
      continue;
    }
    const parsed = option.parse(given);
    // The value itself stays out of the sentence: it may be a secret.
    if (!parsed.ok) return err(`${name} must be ${parsed.error}.`);
    values[name] = parsed.value;
  }
  return assemble(values as Values);
}

/** Command line options that are no settings. */
const ASKED = ['--help', '-h', '--check'];
export const wantsCheck = (argv: readonly string[]): boolean => argv.includes('--check');
export const wantsHelp = (argv: readonly string[]): boolean => argv.includes('--help') || argv.includes('-h');

function assemble(values: Values): Result<Config, string> {
  const tokens = tokenSource(values);
  if (!tokens.ok) return tokens;
  const webhooks = webhookSettings(values);
  if (!webhooks.ok) return webhooks;
  return ok({
    port: values.PORT,
    host: values.HOST,
    databaseUrl: values.DATABASE_URL,
    databaseConnections: values.DATABASE_CONNECTIONS,
    dataDir: values.DATA_DIR,
    tokens: tokens.value,
    issuer: values.JWT_ISSUER ?? BUILT_IN_ISSUER,
    audience: values.JWT_AUDIENCE,
    serviceTokens: values.SERVICE_TOKENS,
    allowedOrigins: values.ALLOWED_ORIGINS,
    publicUrl: values.PUBLIC_URL,
    redisUrl: values.REDIS_URL,
    trustProxy: values.TRUST_PROXY === 'yes',
    epochLimits: { entries: values.EPOCH_MAX_ENTRIES, bytes: values.EPOCH_MAX_BYTES, clients: EPOCH_MAX_CLIENTS },
    addMembers: values.ADD_MEMBERS,
    bounds: {
      tablosPerUser: values.MAX_TABLOS_PER_USER,
      membersPerTablo: values.MAX_MEMBERS_PER_TABLO,
      linksPerTablo: values.MAX_LINKS_PER_TABLO,
      invitationsPerUser: values.MAX_INVITATIONS_PER_USER,
    },
    limits: {
      framesPerSecond: values.RATE_FRAMES_PER_SECOND,
      entriesPerSecond: values.RATE_ENTRIES_PER_SECOND,
      entriesBurst: values.RATE_ENTRIES_BURST,
      bytesPerSecond: values.RATE_BYTES_PER_SECOND,
      bytesBurst: values.RATE_BYTES_BURST,
      awarenessPerSecond: values.RATE_AWARENESS_PER_SECOND,
      claimsPerSecond: values.RATE_CLAIMS_PER_SECOND,
      joinsPerSecond: values.RATE_JOINS_PER_SECOND,
      joinsBurst: values.RATE_JOINS_BURST,
      joinBytesPerSecond: values.RATE_JOIN_BYTES_PER_SECOND,
      joinBytesBurst: values.RATE_JOIN_BYTES_BURST,
      questionsPerSecond: values.RATE_QUESTIONS_PER_SECOND,
      socketsPerUser: values.MAX_SOCKETS_PER_USER,
      sockets: values.MAX_SOCKETS,
      socketsPerAddress: values.MAX_SOCKETS_PER_ADDRESS,
      documentsPerSocket: values.MAX_DOCUMENTS_PER_SOCKET,
      documentsPerUser: values.MAX_DOCUMENTS_PER_USER,
      sessionsPerTablo: values.MAX_SESSIONS_PER_TABLO,
      heldBytesPerUser: values.MAX_HELD_BYTES_PER_USER,
      heldTotalBytes: values.MAX_HELD_TOTAL_BYTES,
      unauthenticatedSocketsPerAddress: values.MAX_UNAUTHENTICATED_SOCKETS_PER_ADDRESS,
      unauthenticatedSockets: values.MAX_UNAUTHENTICATED_SOCKETS,
      unauthenticatedMs: values.UNAUTHENTICATED_SECONDS * 1_000,
      unauthenticatedBytes: values.MAX_UNAUTHENTICATED_BYTES,
      unhandledBytes: values.MAX_UNHANDLED_BYTES,
      queuedBytes: values.MAX_QUEUED_BYTES,
      unreadBytes: values.MAX_UNREAD_BYTES,
      unreadTotalBytes: values.MAX_UNREAD_TOTAL_BYTES,
      unreadMs: values.UNREAD_SECONDS * 1_000,
      frameMs: values.FRAME_SECONDS * 1_000,
      readsPerSecond: values.RATE_READS_PER_SECOND,
      readsBurst: values.RATE_READS_BURST,
      writesPerSecond: values.RATE_WRITES_PER_SECOND,
      writesBurst: values.RATE_WRITES_BURST,
      changesPerSecond: values.RATE_CHANGES_PER_SECOND,
      changesBurst: values.RATE_CHANGES_BURST,
      answerBytesPerSecond: values.RATE_ANSWER_BYTES_PER_SECOND,
      answerBytesBurst: values.RATE_ANSWER_BYTES_BURST,
      requestsPerUser: values.MAX_REQUESTS_PER_USER,
      requestsPerAddress: values.MAX_REQUESTS_PER_ADDRESS,
      waitingRequests: values.MAX_WAITING_REQUESTS,
      pagePerSecond: values.RATE_PAGE_PER_SECOND,
      openPerSecond: values.RATE_OPEN_PER_SECOND,
      tokenChecksPerSecond: values.RATE_TOKEN_CHECKS_PER_SECOND,
      signInsPerMinute: values.RATE_SIGN_INS_PER_MINUTE,
      signUpsPerMinute: values.RATE_SIGN_UPS_PER_MINUTE,
      connections: values.MAX_CONNECTIONS,
      connectionsPerAddress: values.MAX_CONNECTIONS_PER_ADDRESS,
    },
    webhooks: webhooks.value,
    metrics: values.METRICS,
    metricsToken: values.METRICS_TOKEN,
    hasDocs: values.DOCS === 'yes',
    logLevel: values.LOG_LEVEL,
    logFormat: values.LOG_FORMAT,
  });
}

function tokenSource(values: Values): Result<TokenSource, string> {
  const { JWT_SECRET: secretValue, JWT_JWKS_URL: jwksUrl } = values;
  if (secretValue === null && jwksUrl === null) return ok({ type: 'built-in' });
  if (secretValue !== null && jwksUrl !== null)
    return err('JWT_SECRET and JWT_JWKS_URL exclude each other: set the one that your issuer uses.');
  const name = secretValue === null ? 'JWT_JWKS_URL' : 'JWT_SECRET';
  if (values.JWT_ISSUER === null)
    return err(`JWT_ISSUER must be set beside ${name}: the iss claim of your issuer's tokens.`);
  return ok(secretValue === null ? { type: 'jwks', url: jwksUrl ?? '' } : { type: 'secret', secret: secretValue });
}

function webhookSettings(values: Values): Result<WebhookSettings | null, string> {
  const { WEBHOOK_URL: urls, WEBHOOK_SECRET: secrets, WEBHOOK_EVENTS: events } = values;
  if (urls.length === 0) return ok(null);
  if (secrets === null)
    return err(
      'WEBHOOK_SECRET must be set beside WEBHOOK_URL: what is sent is signed with it. Make one with: openssl rand -base64 32',
    );
  return ok({ urls, events, secrets });
}

const flagOf = (name: OptionName): string => `--${name.toLowerCase().replaceAll('_', '-')}`;

function parseFlags(argv: readonly string[]): Result<Partial<Record<OptionName, string>>, string> {
  const given: Partial<Record<OptionName, string>> = {};
  const rest = argv.filter((argument) => !ASKED.includes(argument));
  while (rest.length > 0) {
    const [flag = '', ...inline] = (rest.shift() ?? '').split('=');
    const name = NAMES.find((candidate) => flagOf(candidate) === flag);
    if (name === undefined) return err(`${flag} is not an option; --help lists them.`);
    const value = inline.length > 0 ? inline.join('=') : rest.shift();
    if (value === undefined) return err(`${flag} needs a value.`);
    given[name] = value;
  }
  return ok(given);
}

const shownDefault = (name: OptionName): string => (OPTIONS[name] as Option<unknown>).fallback ?? '';

/** For `--help`. */
export function helpText(): string {
  const lines = NAMES.map((name) => {
    const fallback = shownDefault(name);
    return `  ${name.padEnd(16)} ${OPTIONS[name].description}${fallback === '' ? '' : ` [${fallback}]`}`;
  });
  return `Tablo Chat. Settings are environment variables, or options: PORT=80 is --port 80.\n--check: says what a start would find and change, and changes nothing.\n\n${lines.join('\n')}\n`;
}

/** For the README: a Markdown table. */
export function describeConfig(): string {
  const rows = NAMES.map((name) => {
    const fallback = shownDefault(name);
    return `| \`${name}\` | ${OPTIONS[name].type} | ${fallback === '' ? '' : `\`${fallback}\``} | ${OPTIONS[name].description} |`;
  });
  return ['| variable | type | default | what |', '|---|---|---|---|', ...rows, ''].join('\n');
}
