/** Pages that are refused because of their origin: the answer that they get, and a line in the log, since the operator can mend it by a setting. */
import type { IncomingHttpHeaders } from 'node:http';
import { DistinctWarnings } from './distinct-warnings.ts';
import { hostsOf } from './forwarded.ts';
import type { Log } from './log.ts';
import { createOriginRules, normaliseOrigin, type OriginRules } from './origins.ts';

const NAME_MAX_LENGTH = 100;

export interface PageSettings {
  readonly allowedOrigins: readonly string[];
  readonly publicUrl: string | null;
  readonly trustProxy: boolean;
}

export class RefusedPages {
  readonly #settings: PageSettings;
  readonly #rules: OriginRules;
  readonly #log: DistinctWarnings;

  constructor(settings: PageSettings, log: Pick<Log, 'warn'>, now: () => number = () => performance.now()) {
    this.#settings = settings;
    this.#rules = createOriginRules(settings.allowedOrigins, settings.publicUrl);
    this.#log = new DistinctWarnings(log, now);
  }

  /** Why a page may not open sockets here; null where it may. */
  refuseSockets(origin: string, headers: IncomingHttpHeaders): string | null {
    const hosts = hostsOf((name) => headers[name]?.toString(), this.#settings.trustProxy);
    if (this.#rules.allowsSockets(origin, hosts)) return null;
    return `${this.note(origin, hosts)} A page of another application is let in by ALLOWED_ORIGINS.`;
  }

  /** The page was opened below a path that the settings do not name: its parts are not found there. */
  noteStray(path: string): void {
    this.#log.warn(
      { path: path.slice(0, NAME_MAX_LENGTH) },
      'A browser asked for the page at a path that is none of its own: where people open it below a path, set PUBLIC_URL to that address, with the path.',
    );
  }

  /** Returns the sentence for the page. */
  note(origin: string, hosts: readonly string[]): string {
    const { publicUrl } = this.#settings;
    const page = (normaliseOrigin(origin) ?? 'unnamed').slice(0, NAME_MAX_LENGTH);
    const host = (hosts[0] ?? '').slice(0, NAME_MAX_LENGTH);
    this.#log.warn(
      { page, host, ...(publicUrl === null ? {} : { publicUrl }) },
      publicUrl === null
        ? 'A page was refused, since its requests come under another name: set PUBLIC_URL to the address that people open, or let the reverse proxy pass the Host header on; a page of another application is named in ALLOWED_ORIGINS.'
        : 'A page was refused, since it is not at PUBLIC_URL: open that address, or change PUBLIC_URL, or name the page in ALLOWED_ORIGINS.',
    );
    return this.#rules.explain(origin, hosts);
  }
}
