/**
 * Hashes passwords in threads of their own, one or two. By itself the library would use the four that tokens, files and database connections share, and a burst
 * of sign-ins would stop them all [R11]. `rest/routes/auth-routes.ts` decides before who may ask; requests that arrive here are handled in order.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { HashAnswer, HashOrder } from './password-hash.ts';

/** One core is always left to the messages. */
export const HASHES_AT_ONCE = availableParallelism() > 2 ? 2 : 1;
const SALT_BYTES = 16;
const WORKER = new URL('./password-worker.ts', import.meta.url);

interface Job {
  readonly order: HashOrder;
  readonly resolve: (key: string) => void;
  readonly reject: (error: Error) => void;
}

export class PasswordHasher {
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Job>();
  readonly #waiting: Job[] = [];
  #lastId = 0;
  #isClosed = false;

  get running(): number {
    return this.#busy.size;
  }

  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES).toString('hex');
    return `${salt}:${await this.#derive(password, salt)}`;
  }

  async verify({ hash, password }: { readonly hash: string; readonly password: string }): Promise<boolean> {
    const [salt, key] = hash.split(':');
    if (!salt || !key) throw new Error('a stored password hash is not one');
    const expected = Buffer.from(key, 'hex');
    const derived = Buffer.from(await this.#derive(password, salt), 'hex');
    return expected.byteLength === derived.byteLength && timingSafeEqual(expected, derived);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()];
    for (const { reject } of [...this.#busy.values(), ...this.#waiting.splice(0)]) reject(closed());
    this.#busy.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #derive(password: string, salt: string): Promise<string> {
    if (this.#isClosed) return Promise.reject(closed());
    this.#lastId += 1;
    const order = { id: this.#lastId, password, salt };
    return new Promise((resolve, reject) => {
      this.#waiting.push({ order, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    if (this.#busy.size >= HASHES_AT_ONCE) return;
    const job = this.#waiting.shift();
    if (job === undefined) return;
    const worker = this.#idle.pop() ?? this.#start();
    this.#busy.set(worker, job);
    worker.ref();
    worker.postMessage(job.order);
  }

  #start(): Worker {
    const worker = new Worker(WORKER);
    worker.on('message', ({ key }: HashAnswer) => {
      this.#busy.get(worker)?.resolve(key);
      this.#busy.delete(worker);
      // An idle thread does not keep the process alive.
      worker.unref();
      this.#idle.push(worker);
      this.#next();
    });
    // It has ended; the next hash starts another one.
    worker.on('error', (error) => {
      this.#busy.get(worker)?.reject(error instanceof Error ? error : new Error(String(error)));
      this.#busy.delete(worker);
      const place = this.#idle.indexOf(worker);
      if (place >= 0) this.#idle.splice(place, 1);
      this.#next();
    });
    return worker;
  }
}

const closed = (): Error => new Error('the identity service is closed');
