/**
 * Why no socket opens while the server answers. Browsers tell a page nothing about a socket that was refused or lost on the way, so the server is asked: it knows
 * whether it refuses pages of this address, and if it does not, something between does not let sockets through.
 */
import { object, optional, readAs, string } from '../base/shape.ts';

const ANSWER_MS = 5_000;
const BLOCKED =
  'The server answers, but live connections (WebSockets) are blocked on the way. Whoever runs it lets the reverse proxy pass WebSocket upgrades of /sync on; a firewall or an extension of this browser can block them too.';

/** Of `GET /api/config`, what matters here. */
const configAnswer = object({ identity: string, sockets_refused: optional(string) });

interface Obstacle {
  readonly sentence: string;
  /** Said by the server itself; else it is a guess, which one more failure has to confirm: a server that has just come back answers before its sockets do. */
  readonly isCertain: boolean;
}

/** `null`: nothing is known, since the server does not answer either. Never rejects. */
export type FindObstacle = () => Promise<Obstacle | null>;

export function createObstacleFinder(baseUrl: string, fetchImpl: typeof fetch): FindObstacle {
  return async () => {
    const page = globalThis.location?.origin ?? '';
    try {
      const answer = await fetchImpl(`${baseUrl}/api/config?page=${encodeURIComponent(page)}`, {
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const config = answer.ok ? readAs(configAnswer, await answer.json()) : null;
      if (config === null) return null;
      const refused = config.data.sockets_refused;
      return refused === undefined
        ? { sentence: BLOCKED, isCertain: false }
        : { sentence: `Live connections are refused here. ${refused}`, isCertain: true };
    } catch {
      return null; // No network, or no server: that is said anyway.
    }
  };
}

/** Failures of that many sockets in a row may be a network that comes back. */
const FAILURES_MIN = 2;

export class SocketObstacle {
  readonly #find: FindObstacle | undefined;
  readonly #watcher: { noteChanged(): void };
  #sentence: string | null = null;
  #failures = 0;
  #guesses = 0;
  #isAsking = false;

  /** `find` is asked when no socket opens. */
  constructor(find: FindObstacle | undefined, watcher: { noteChanged(): void }) {
    this.#find = find;
    this.#watcher = watcher;
  }

  /** For people; null while nothing is known to stand in the way. */
  get sentence(): string | null {
    return this.#sentence;
  }

  /** A socket did not open, or ended before anything came of it. */
  noteFailed(): void {
    this.#failures += 1;
    if (this.#failures >= FAILURES_MIN && !this.#isAsking) void this.#ask();
  }

  /** A socket is of use. */
  clear(): void {
    this.#failures = 0;
    this.#guesses = 0;
    this.#sentence = null;
  }

  async #ask(): Promise<void> {
    this.#isAsking = true;
    const found = (await this.#find?.()) ?? null;
    this.#isAsking = false;
    if (this.#failures === 0) return; // One has opened meanwhile.
    this.#guesses = found === null || found.isCertain ? 0 : this.#guesses + 1;
    const isShown = found !== null && (found.isCertain || this.#guesses >= 2);
    const sentence = isShown ? found.sentence : found === null ? null : this.#sentence;
    if (sentence === this.#sentence) return;
    this.#sentence = sentence;
    this.#watcher.noteChanged();
  }
}
