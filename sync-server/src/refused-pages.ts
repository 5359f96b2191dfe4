/** Pages that were refused for where they come from, in the log: each pair of names once in a while, and few pairs, since anybody can send any name. */
import type { IncomingHttpHeaders } from 'node:http';
import { hostsOf } from './forwarded.ts';
import type { Log } from './log.ts';
import { createOriginRules, normaliseOrigin, type OriginRules } from './origins.ts';

const AGAIN_MS = 600_000;
const PAIRS_MAX = 20;
const NAME_MAX_LENGTH = 100;

export class RefusedPages {
  readonly #rules: Pick<OriginRules, 'explain'>;
  readonly #publicUrl: string | null;
  readonly #log: Pick<Log, 'warn'>;
  readonly #now: () => number;
  readonly #told = new Set<string>();
  #since = Number.NEGATIVE_INFINITY;

  constructor(
    rules: Pick<OriginRules, 'explain'>,
    publicUrl: string | null,
    log: Pick<Log, 'warn'>,
    now: () => number = () => performance.now(),
  ) {
    this.#rules = rules;
    this.#publicUrl = publicUrl;
    this.#log = log;
    this.#now = now;
  }

  /** Returns the sentence for the page. */
  note(origin: string, hosts: readonly string[]): string {
    const sentence = this.#rules.explain(origin, hosts);
    const page = (normaliseOrigin(origin) ?? 'unnamed').slice(0, NAME_MAX_LENGTH);
    const host = (hosts[0] ?? '').slice(0, NAME_MAX_LENGTH);
    const now = this.#now();
    if (now - this.#since >= AGAIN_MS) {
      this.#told.clear();
      this.#since = now;
    }
    const pair = `${page} ${host}`;
    if (this.#told.has(pair) || this.#told.size >= PAIRS_MAX) return sentence;
    this.#told.add(pair);
    this.#log.warn(
      { page, host, ...(this.#publicUrl === null ? {} : { publicUrl: this.#publicUrl }) },
      this.#publicUrl === null
        ? 'A page was refused, since its requests come under another name: set PUBLIC_URL to the address that people open, or let the reverse proxy pass the Host header on; a page of another application is named in ALLOWED_ORIGINS.'
        : 'A page was refused, since it is not at PUBLIC_URL: open that address, or change PUBLIC_URL, or name the page in ALLOWED_ORIGINS.',
    );
    return sentence;
  }
}

interface PageSettings {
  readonly allowedOrigins: readonly string[];
  readonly publicUrl: string | null;
  readonly trustProxy: boolean;
}

/** For WebSockets: why a page may open none here, null where it may. */
export function createPageRefusal(
  { allowedOrigins, publicUrl, trustProxy }: PageSettings,
  log: Log,
): (origin: string, headers: IncomingHttpHeaders) => string | null {
  const rules = createOriginRules(allowedOrigins, publicUrl);
  const refused = new RefusedPages(rules, publicUrl, log);
  return (origin, headers) => {
    const hosts = hostsOf((name) => headers[name]?.toString(), trustProxy);
    if (rules.allowsSockets(origin, hosts)) return null;
    return `${refused.note(origin, hosts)} A page of another application is let in by ALLOWED_ORIGINS.`;
  };
}
