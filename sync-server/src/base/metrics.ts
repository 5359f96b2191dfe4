/** What an operator watches, in Prometheus's text format at `/metrics`. */
import type { Refusal } from '@tablo/schema/close-codes';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Gauges {
  readonly httpConnections: () => number;
  readonly sockets: () => number;
  readonly connections: () => number;
  readonly documents: () => number;
  readonly peers: () => number;
  readonly queued: () => number;
  readonly queuedBytes: () => number;
  readonly tablosApart: () => number;
  readonly unhandledBytes: () => number;
  readonly unreadBytes: () => number;
  readonly heldBytes: () => number;
  readonly waitingJoins: () => number;
  readonly isAway: () => boolean;
}

export class Metrics {
  readonly registry = new Registry();
  readonly #commits = new Histogram({
    name: 'tablo_commit_seconds',
    help: 'Time of one ledger transaction.',
    buckets: [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [this.registry],
  });
  readonly #submissions = new Counter({
    name: 'tablo_submissions_total',
    help: 'Updates decided by the ledger.',
    registers: [this.registry],
  });
  readonly #failures = new Counter({
    name: 'tablo_commit_failures_total',
    help: 'Ledger transactions that failed and were tried again.',
    registers: [this.registry],
  });
  readonly #refused = new Counter({
    name: 'tablo_refused_total',
    help: 'Updates refused, by reason.',
    labelNames: ['code'],
    registers: [this.registry],
  });

  readonly #limits = new Counter({
    name: 'tablo_limited_total',
    help: 'Requests that met a limit, by limit.',
    labelNames: ['limit'],
    registers: [this.registry],
  });

  readonly #foreignRows = new Counter({
    name: 'tablo_foreign_rows_total',
    help: 'Log rows that other servers committed and that came into documents here.',
    registers: [this.registry],
  });
  readonly #catchUps = new Counter({
    name: 'tablo_catch_ups_total',
    help: 'Times that such rows came in, by what they were looked for.',
    labelNames: ['cause'],
    registers: [this.registry],
  });

  readonly #drifts = new Gauge({
    name: 'tablo_audit_drifts',
    help: 'Differences between documents and rows that the last audit found, whichever server did it.',
    registers: [this.registry],
  });
  readonly #audited = new Gauge({
    name: 'tablo_audit_finished_timestamp_seconds',
    help: 'When an audit was last finished, by whichever server, in seconds since the Unix epoch; 0: not known yet.',
    registers: [this.registry],
  });

  readonly #webhooks = new Counter({
    name: 'tablo_webhooks_total',
    help: 'Webhooks by this server: delivered, failed (an attempt; it is tried again), given up.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly #webhooksWaiting = new Gauge({
    name: 'tablo_webhooks_waiting',
    help: 'Webhooks that wait for their delivery, of all servers, counted up to 10,000.',
    registers: [this.registry],
  });
  readonly #webhooksOldest = new Gauge({
    name: 'tablo_webhooks_oldest_seconds',
    help: 'For how long the oldest of them has waited; 0: none waits.',
    registers: [this.registry],
  });

  readonly webhooks = {
    onDelivered: (): void => this.#webhooks.inc({ outcome: 'delivered' }),
    onFailed: (): void => this.#webhooks.inc({ outcome: 'failed' }),
    onGivenUp: (events: number): void => this.#webhooks.inc({ outcome: 'given-up' }, events),
    onBacklog: ({ waiting, oldestS }: { readonly waiting: number; readonly oldestS: number }): void => {
      this.#webhooksWaiting.set(waiting);
      this.#webhooksOldest.set(oldestS);
    },
  };

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: 'tablo_' });
  }

  watch(gauges: Gauges): void {
    this.#gauge('tablo_http_connections', 'Open connections that are no WebSockets.', gauges.httpConnections);
    this.#gauge('tablo_sockets', 'Open WebSockets.', gauges.sockets);
    this.#gauge('tablo_connections', 'Joined documents, over all sockets.', gauges.connections);
    this.#gauge('tablo_documents', 'Documents in memory.', gauges.documents);
    this.#gauge('tablo_peers', 'Other servers on the same database, as far as known.', gauges.peers);
    this.#gauge('tablo_ledger_queued', 'Updates that wait for their commit.', gauges.queued);
    this.#gauge('tablo_ledger_queued_bytes', 'Bytes of updates that wait for their commit.', gauges.queuedBytes);
    this.#gauge(
      'tablo_unhandled_bytes',
      'Bytes of frames that were received and not handled yet.',
      gauges.unhandledBytes,
    );
    this.#gauge(
      'tablo_tablos_apart',
      'Tablos that are committed apart from the others: held, slow or refused by the database.',
      gauges.tablosApart,
    );
    this.#gauge('tablo_unread_bytes', 'Bytes sent to clients and not read by them.', gauges.unreadBytes);
    this.#gauge('tablo_held_bytes', 'Bytes of the documents that are joined.', gauges.heldBytes);
    this.#gauge(
      'tablo_waiting_joins',
      'Joined documents whose content waits until it may be sent.',
      gauges.waitingJoins,
    );
    this.#gauge('tablo_storage_away', '1 while nothing can be stored.', () => (gauges.isAway() ? 1 : 0));
  }

  onCommit = (submissions: number, seconds: number): void => {
    this.#commits.observe(seconds);
    this.#submissions.inc(submissions);
  };

  onFailure = (): void => this.#failures.inc();

  onRefused = (refusal: Refusal): void => this.#refused.inc({ code: refusal.code });

  onAudit = ({ drifts, finishedAt }: { readonly drifts: number; readonly finishedAt: number }): void => {
    this.#drifts.set(drifts);
    this.#audited.set(finishedAt / 1_000);
  };

  onForeignRows = (rows: number): void => this.#foreignRows.inc(rows);

  onCatchUp = (cause: string): void => this.#catchUps.inc({ cause });

  onLimit = (limit: string): void => this.#limits.inc({ limit });

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }
}
