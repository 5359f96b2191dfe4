/**
 * Every setting in one table, and how each is read: parsing, errors, `--help` and the README's table are read off it. A new setting is a row here and a line in
 * `assemble` (`config.ts`).
 */
import { EPOCH_MAX_BYTES, EPOCH_MAX_ENTRIES } from '@tablo/schema/limits';
import { WEBHOOK_EVENTS } from '@tablo/schema/rest/webhook';
import { LOG_FORMATS, LOG_LEVELS } from '../base/log.ts';
import {
  address,
  bearerToken,
  databaseUrl,
  integer,
  oneOf,
  origins,
  type Parse,
  publicUrl,
  SECRET_MIN_LENGTH,
  secret,
  serviceTokens,
  text,
  url,
} from './config-values.ts';
import { REST_BOUNDS } from './rest-bounds.ts';
import { webhookEvents, webhookSecrets, webhookUrls } from './webhook-values.ts';

/** Who gets `/metrics`. */
export const METRICS_MODES = ['local', 'public', 'off'] as const;
/** `iss` of the built-in identity service's tokens, where JWT_ISSUER is not set. */
export const BUILT_IN_ISSUER = 'tablo-chat';
export interface Option<T> {
  readonly type: string;
  /** As text, parsed like any other; absent: the setting may be absent. */
  readonly fallback?: string;
  readonly description: string;
  readonly parse: Parse<T>;
}

export const OPTIONS = {
  PORT: {
    type: 'number',
    fallback: '3000',
    description: 'Port of everything: page, sync, REST. 0: any free one.',
    parse: integer(0, 65_535),
  },
  HOST: {
    type: 'address',
    fallback: '127.0.0.1',
    description: 'Address to listen on. 0.0.0.0: all of this machine.',
    parse: address,
  },
  DATABASE_URL: {
    type: 'URL',
    description:
      'PostgreSQL to use, as libpq takes it; not a pooler in transaction mode. Absent: an embedded one under DATA_DIR.',
    parse: databaseUrl,
  },
  DATABASE_CONNECTIONS: {
    type: 'number',
    fallback: '12',
    description:
      'Connections that this server opens to PostgreSQL at the most. All servers of a database together have to stay below its max_connections.',
    parse: integer(10, 200),
  },
  DATA_DIR: {
    type: 'path',
    fallback: './.data',
    description: 'Where the embedded PostgreSQL keeps its files.',
    parse: text,
  },
  JWT_SECRET: {
    type: 'text',
    description: 'HS256 secret of an external issuer, Supabase for instance.',
    parse: secret,
  },
  JWT_JWKS_URL: {
    type: 'URL',
    description:
      'Public keys of an external issuer. With neither this nor JWT_SECRET, the built-in identity service issues.',
    parse: url('an address of a key set', 'https:', 'http:'),
  },
  JWT_ISSUER: { type: 'text', description: `What iss must equal. Built-in identity: ${BUILT_IN_ISSUER}.`, parse: text },
  JWT_AUDIENCE: { type: 'text', description: 'What aud must equal. Absent: not checked.', parse: text },
  SERVICE_TOKENS: {
    type: 'list',
    fallback: '',
    description:
      'Tokens of the host’s back end for REST, at least 32 characters each, separated by commas. It acts for the person whom the header Chat-User names. Beside these, tokens of the issuer whose role is service_role count.',
    parse: serviceTokens,
  },
  ALLOWED_ORIGINS: {
    type: 'list',
    fallback: '',
    description: 'Other origins whose pages may call REST and open WebSockets, separated by commas; * for any.',
    parse: origins,
  },
  PUBLIC_URL: {
    type: 'URL',
    description:
      'Where people reach this server, with the path where it lives below one: for invitation links, cookies, the page’s files, and to tell its own page from others. Absent: as each request says, so a reverse proxy has to pass Host on.',
    parse: publicUrl,
  },
  REDIS_URL: {
    type: 'URL',
    description:
      'Redis or Valkey that servers of one database tell each other by when to look. Absent, or away: they do by PostgreSQL.',
    parse: url('an address of a Redis', 'redis:', 'rediss:'),
  },
  TRUST_PROXY: {
    type: 'yes/no',
    fallback: 'no',
    description:
      'yes: behind a reverse proxy. The last entry of X-Forwarded-For, or else of Forwarded, is the client; X-Forwarded-Proto, -Host and -Port, or Forwarded, say how people reach it. A proxy removes what it does not write of X-Forwarded-For and Forwarded: one of them, or both.',
    parse: oneOf(['yes', 'no']),
  },
  ADD_MEMBERS: {
    type: 'word',
    fallback: 'members',
    description:
      'host: the host application alone adds members and changes roles, by SQL or a service token, people join by invitation links; members: owners and admins do.',
    parse: oneOf<'members' | 'host'>(['members', 'host']),
  },
  WEBHOOK_URL: {
    type: 'list',
    fallback: '',
    description:
      'Where webhooks about messages and members are sent to, up to five addresses separated by commas. https; http within this machine or a private network. docs/OPERATIONS.md has a chapter.',
    parse: webhookUrls,
  },
  WEBHOOK_SECRET: {
    type: 'list',
    description:
      'What webhooks are signed with: base64 of 24 to 64 bytes, with or without whsec_ before it. Several, separated by commas, while one is being replaced.',
    parse: webhookSecrets,
  },
  WEBHOOK_EVENTS: {
    type: 'list',
    fallback: '*',
    description: `Which events are sent, separated by commas: ${WEBHOOK_EVENTS.join(', ')}; message.*, member.* or * for all of them.`,
    parse: webhookEvents,
  },
  EPOCH_MAX_ENTRIES: {
    type: 'number',
    fallback: String(EPOCH_MAX_ENTRIES),
    description: 'Entries in a live document before the tablo moves to a fresh one.',
    parse: integer(10, 100_000),
  },
  EPOCH_MAX_BYTES: {
    type: 'number',
    fallback: String(EPOCH_MAX_BYTES),
    description: 'Bytes of a live document, likewise: what everybody pays who opens the tablo.',
    parse: integer(65_536, 16_777_216),
  },
  RATE_FRAMES_PER_SECOND: {
    type: 'number',
    fallback: '2000',
    description:
      'WebSocket frames a second and user, of whatever kind; three times as many at once. A user who sends more is read more slowly.',
    parse: integer(10, 1_000_000),
  },
  RATE_ENTRIES_PER_SECOND: {
    type: 'number',
    fallback: '20',
    description: 'Entries a second and user.',
    parse: integer(1, 1_000_000),
  },
  RATE_ENTRIES_BURST: {
    type: 'number',
    fallback: '5000',
    description: 'Entries of a user that may come at once: a backlog written offline.',
    parse: integer(1, 1_000_000),
  },
  RATE_BYTES_PER_SECOND: {
    type: 'number',
    fallback: '1048576',
    description: 'Bytes of updates a second and user.',
    parse: integer(1_024, 1_000_000_000),
  },
  RATE_BYTES_BURST: {
    type: 'number',
    fallback: '16777216',
    description: 'Bytes of updates of a user that may come at once.',
    parse: integer(1_024, 1_000_000_000),
  },
  RATE_AWARENESS_PER_SECOND: {
    type: 'number',
    fallback: '50',
    description: 'Presence frames a second and user, over all tablos; further ones are dropped.',
    parse: integer(1, 100_000),
  },
  RATE_CLAIMS_PER_SECOND: {
    type: 'number',
    fallback: '1',
    description:
      'ClientIDs a second and user that show presence for the first time (the burst is RATE_JOINS_BURST); further ones are not shown.',
    parse: integer(1, 100_000),
  },
  RATE_JOINS_PER_SECOND: {
    type: 'number',
    fallback: '50',
    description: 'Documents asked for a second and user.',
    parse: integer(1, 100_000),
  },
  RATE_JOINS_BURST: {
    type: 'number',
    fallback: '5000',
    description: 'Documents of a user that may be asked for at once: a reconnect with all tablos.',
    parse: integer(1, 1_000_000),
  },
  RATE_JOIN_BYTES_PER_SECOND: {
    type: 'number',
    fallback: '4194304',
    description: 'Bytes of documents a second and user that joins are answered with; further joins wait.',
    parse: integer(1_024, 1_000_000_000),
  },
  RATE_JOIN_BYTES_BURST: {
    type: 'number',
    fallback: '67108864',
    description: 'Bytes of documents of a user that joins may be answered with at once: a new device with all tablos.',
    parse: integer(1_048_576, 10_000_000_000),
  },
  RATE_QUESTIONS_PER_SECOND: {
    type: 'number',
    fallback: '50',
    description: 'Stateless questions a second and user.',
    parse: integer(1, 100_000),
  },
  MAX_SOCKETS_PER_USER: {
    type: 'number',
    fallback: '50',
    description: 'WebSockets of a user: devices and tabs.',
    parse: integer(1, 100_000),
  },
  MAX_SOCKETS: {
    type: 'number',
    fallback: '20000',
    description: 'WebSockets with a sign-in, of all users together.',
    parse: integer(10, 1_000_000),
  },
  MAX_SOCKETS_PER_ADDRESS: {
    type: 'number',
    fallback: '5000',
    description:
      'The same, of one address: the people of one network. Behind a proxy that TRUST_PROXY does not name, all are one address.',
    parse: integer(1, 1_000_000),
  },
  MAX_DOCUMENTS_PER_SOCKET: {
    type: 'number',
    fallback: '2000',
    description: 'Tablos joined on one WebSocket, or asked for.',
    parse: integer(1, 100_000),
  },
  MAX_DOCUMENTS_PER_USER: {
    type: 'number',
    fallback: '10000',
    description: 'Tablos joined by a user, or asked for, over all WebSockets.',
    parse: integer(1, 1_000_000),
  },
  MAX_SESSIONS_PER_TABLO: {
    type: 'number',
    fallback: '50',
    description: 'Connections of one user to one tablo, over all WebSockets: one for each tab and device.',
    parse: integer(1, 100_000),
  },
  MAX_HELD_BYTES_PER_USER: {
    type: 'number',
    fallback: '268435456',
    description: 'Bytes of the documents that a user has joined, each counted once.',
    parse: integer(1_048_576, 100_000_000_000),
  },
  MAX_HELD_TOTAL_BYTES: {
    type: 'number',
    fallback: '1073741824',
    description: 'The same of all users together; the user who holds the most loses documents first.',
    parse: integer(1_048_576, 100_000_000_000),
  },
  MAX_TABLOS_PER_USER: {
    type: 'number',
    fallback: String(REST_BOUNDS.tablosPerUser),
    description:
      'Tablos that a user makes (deleted ones count for 30 days), and that others may add a user to; by their own hand a user may belong to twice as many.',
    parse: integer(1, 1_000_000),
  },
  MAX_MEMBERS_PER_TABLO: {
    type: 'number',
    fallback: String(REST_BOUNDS.membersPerTablo),
    description: 'Members of a tablo, as far as REST adds them.',
    parse: integer(1, 1_000_000),
  },
  MAX_LINKS_PER_TABLO: {
    type: 'number',
    fallback: String(REST_BOUNDS.linksPerTablo),
    description: 'Open invitation links of a tablo; one user may have made five times as many in all tablos.',
    parse: integer(1, 10_000),
  },
  MAX_INVITATIONS_PER_USER: {
    type: 'number',
    fallback: String(REST_BOUNDS.invitationsPerUser),
    description: 'Invitations that a user has sent and that were not accepted; they end after 30 days.',
    parse: integer(1, 10_000),
  },
  MAX_UNAUTHENTICATED_SOCKETS: {
    type: 'number',
    fallback: '1000',
    description: 'WebSockets without a sign-in.',
    parse: integer(1, 1_000_000),
  },
  MAX_UNAUTHENTICATED_SOCKETS_PER_ADDRESS: {
    type: 'number',
    fallback: '500',
    description: 'The same for one address.',
    parse: integer(1, 1_000_000),
  },
  UNAUTHENTICATED_SECONDS: {
    type: 'number',
    fallback: '15',
    description: 'How long a WebSocket may stay without a sign-in.',
    parse: integer(1, 3_600),
  },
  MAX_UNAUTHENTICATED_BYTES: {
    type: 'number',
    fallback: '1048576',
    description: 'Bytes that a WebSocket may send before a sign-in, unfinished frames included.',
    parse: integer(1_024, 1_000_000_000),
  },
  MAX_UNHANDLED_BYTES: {
    type: 'number',
    fallback: '33554432',
    description:
      'Bytes received on a WebSocket and not handled yet, unfinished frames included, before it is dropped; twice as many of one user.',
    parse: integer(1_048_576, 1_000_000_000),
  },
  MAX_QUEUED_BYTES: {
    type: 'number',
    fallback: '268435456',
    description:
      'Bytes that wait for the database, over all WebSockets, before more is refused (and at twice as much, WebSockets are dropped).',
    parse: integer(1_048_576, 1_000_000_000_000),
  },
  MAX_UNREAD_BYTES: {
    type: 'number',
    fallback: '33554432',
    description: 'Bytes that a client may leave unread before it has to join its tablos again.',
    parse: integer(1_048_576, 1_000_000_000),
  },
  MAX_UNREAD_TOTAL_BYTES: {
    type: 'number',
    fallback: '268435456',
    description: 'The same for all clients together; the client with the most unread bytes is ended first.',
    parse: integer(1_048_576, 100_000_000_000),
  },
  UNREAD_SECONDS: {
    type: 'number',
    fallback: '60',
    description: 'How long a client with unread bytes may read nothing before its WebSocket is ended.',
    parse: integer(1, 3_600),
  },
  FRAME_SECONDS: {
    type: 'number',
    fallback: '15',
    description: 'How long a frame may take to arrive, in addition to the time of its bytes at 16 KiB a second.',
    parse: integer(1, 3_600),
  },
  RATE_READS_PER_SECOND: {
    type: 'number',
    fallback: '100',
    description: 'REST requests a second and user that only read.',
    parse: integer(1, 1_000_000),
  },
  RATE_READS_BURST: {
    type: 'number',
    fallback: '5000',
    description: 'The same at once: a client with thousands of tablos that reconnects.',
    parse: integer(1, 1_000_000),
  },
  RATE_WRITES_PER_SECOND: {
    type: 'number',
    fallback: '50',
    description: 'REST requests a second and user that write a message, a draft or a read position.',
    parse: integer(1, 1_000_000),
  },
  RATE_WRITES_BURST: {
    type: 'number',
    fallback: '2500',
    description: 'The same at once.',
    parse: integer(1, 1_000_000),
  },
  RATE_CHANGES_PER_SECOND: {
    type: 'number',
    fallback: '10',
    description: 'REST requests a second and user that change tablos, members or invitations.',
    parse: integer(1, 1_000_000),
  },
  RATE_CHANGES_BURST: {
    type: 'number',
    fallback: '500',
    description: 'The same at once.',
    parse: integer(1, 1_000_000),
  },
  RATE_ANSWER_BYTES_PER_SECOND: {
    type: 'number',
    fallback: '8388608',
    description: 'Bytes a second and user that REST answers with, before compression; further requests wait.',
    parse: integer(1_024, 1_000_000_000),
  },
  RATE_ANSWER_BYTES_BURST: {
    type: 'number',
    fallback: '268435456',
    description: 'The same at once: a list of thousands of tablos.',
    parse: integer(1_024, 10_000_000_000),
  },
  MAX_REQUESTS_PER_USER: {
    type: 'number',
    fallback: '64',
    description: 'REST requests of a user in progress, until their answers are sent.',
    parse: integer(1, 100_000),
  },
  MAX_REQUESTS_PER_ADDRESS: {
    type: 'number',
    fallback: '128',
    description: 'Requests of an address to the built-in identity service in progress.',
    parse: integer(1, 100_000),
  },
  MAX_WAITING_REQUESTS: {
    type: 'number',
    fallback: '1000',
    description: 'REST requests that wait for the database, of all users together.',
    parse: integer(1, 1_000_000),
  },
  RATE_PAGE_PER_SECOND: {
    type: 'number',
    fallback: '500',
    description:
      'Files of the page, questions of browsers before a request (OPTIONS), and WebSockets opened, a second and address; ten times as many of each at once.',
    parse: integer(1, 1_000_000),
  },
  RATE_OPEN_PER_SECOND: {
    type: 'number',
    fallback: '100',
    description:
      'Requests a second and address that need no token, of each kind (sessions and tokens; documentation, metrics); ten times as many at once.',
    parse: integer(1, 1_000_000),
  },
  RATE_TOKEN_CHECKS_PER_SECOND: {
    type: 'number',
    fallback: '100',
    description:
      'Tokens a second and address that were not seen before, of REST and WebSockets together; twenty times as many at once.',
    parse: integer(1, 1_000_000),
  },
  RATE_SIGN_INS_PER_MINUTE: {
    type: 'number',
    fallback: '100',
    description: 'Sign-ins a minute and address with the built-in identity service.',
    parse: integer(1, 1_000_000),
  },
  RATE_SIGN_UPS_PER_MINUTE: {
    type: 'number',
    fallback: '200',
    description: 'Accounts a minute and address with the built-in identity service.',
    parse: integer(1, 1_000_000),
  },
  MAX_CONNECTIONS: {
    type: 'number',
    fallback: '10000',
    description: 'Open HTTP connections; WebSockets are counted separately.',
    parse: integer(10, 1_000_000),
  },
  MAX_CONNECTIONS_PER_ADDRESS: {
    type: 'number',
    fallback: '1000',
    description: 'HTTP connections of one address. Not checked behind a proxy (TRUST_PROXY).',
    parse: integer(1, 1_000_000),
  },
  METRICS: {
    type: 'word',
    fallback: 'local',
    description:
      'Who gets /metrics. local: this machine, and whoever brings METRICS_TOKEN; public: everybody; off: nobody.',
    parse: oneOf(METRICS_MODES),
  },
  METRICS_TOKEN: {
    type: 'text',
    description: `Bearer token for /metrics from other machines, at least ${SECRET_MIN_LENGTH} characters.`,
    parse: bearerToken,
  },
  DOCS: {
    type: 'yes/no',
    fallback: 'yes',
    description: 'no: /docs and /openapi.json are switched off.',
    parse: oneOf(['yes', 'no']),
  },
  LOG_LEVEL: { type: 'word', fallback: 'info', description: `${LOG_LEVELS.join(', ')}.`, parse: oneOf(LOG_LEVELS) },
  LOG_FORMAT: {
    type: 'word',
    fallback: 'text',
    description: 'text for people, json for machines.',
    parse: oneOf(LOG_FORMATS),
  },
} as const satisfies Record<string, Option<unknown>>;
