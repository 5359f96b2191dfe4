/** Web Locks of one browser, whose tabs can die: what a tab held or waited for is given up then, without a word. Held to the real ones by a contract suite. */
import type { TabLocks } from '../store/tabs.ts';

interface Claim {
  readonly tab: object;
  readonly mode: 'exclusive' | 'shared';
  readonly grant: () => void;
}

interface Lock {
  held: Claim[];
  waiting: Claim[];
}

export class FakeLocks {
  readonly #locks = new Map<string, Lock>();

  /** One tab's share of them. */
  openTab(): { readonly locks: TabLocks; kill(): void } {
    const tab = {};
    let isDead = false;
    const locks: TabLocks = {
      request: async (name, { mode, signal }, callback) => {
        if (isDead) return new Promise(() => {});
        const lock = this.#locks.get(name) ?? { held: [], waiting: [] };
        this.#locks.set(name, lock);
        const claim = await new Promise<Claim>((resolve, reject) => {
          const waiting: Claim = { tab, mode, grant: () => resolve(waiting) };
          lock.waiting.push(waiting);
          signal.addEventListener('abort', () => {
            if (!lock.waiting.includes(waiting)) return;
            lock.waiting = lock.waiting.filter((one) => one !== waiting);
            reject(signal.reason);
          });
          this.#grant(lock);
        });
        await callback();
        lock.held = lock.held.filter((one) => one !== claim);
        this.#grant(lock);
        return undefined;
      },
    };
    const kill = () => {
      isDead = true;
      for (const lock of this.#locks.values()) {
        lock.held = lock.held.filter((claim) => claim.tab !== tab);
        lock.waiting = lock.waiting.filter((claim) => claim.tab !== tab);
        this.#grant(lock);
      }
    };
    return { locks, kill };
  }

  #grant(lock: Lock): void {
    for (;;) {
      const [next] = lock.waiting;
      const isFree =
        lock.held.length === 0 || (next?.mode === 'shared' && lock.held.every((one) => one.mode === 'shared'));
      if (next === undefined || !isFree) return;
      lock.waiting.shift();
      lock.held.push(next);
      next.grant();
    }
  }
}
