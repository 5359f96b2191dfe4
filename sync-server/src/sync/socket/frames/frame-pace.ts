/**
 * How fast a user's frames are read, whatever is in them: each takes some of the thread that everybody shares, also one that is dropped at the first look. Who
 * sends more than the rate is read more slowly; nothing is refused and nothing is lost, and what does not fit waits in the sender's own network.
 *
 * Invariants
 * 1. A user who owes frames has no socket that is read: otherwise each of fifty would bring a whole buffer of them before it is noticed.
 * 2. Of a user who owes nothing any more one socket a sweep is read again, and whoever had too much comes last.
 */
import type { UserId } from '@tablo/schema/ids';
import type { Limits } from '../../../access/limits/limits.ts';
import type { SocketOwners, SocketState } from '../socket-state.ts';

export class FramePace {
  readonly #limits: Pick<Limits, 'charge' | 'isSolvent' | 'exceeded'>;
  readonly #owners: Pick<SocketOwners, 'of'>;
  readonly #slow = new Map<UserId, Set<SocketState>>();

  constructor(limits: Pick<Limits, 'charge' | 'isSolvent' | 'exceeded'>, owners: Pick<SocketOwners, 'of'>) {
    this.#limits = limits;
    this.#owners = owners;
  }

  /** At every frame. Strangers have so many bytes in all, and no rate. */
  note(socket: SocketState): void {
    const { userId } = socket;
    if (userId === null) return;
    this.#limits.charge('frames', userId, 1);
    if (this.#limits.isSolvent('frames', userId)) return;
    const slow = this.#slow.get(userId);
    // The rest of a buffer that was read already.
    if (slow?.has(socket) === true) return;
    this.#limits.exceeded('frames');
    this.#slow.set(userId, new Set([...this.#owners.of(userId)].filter((one) => one !== socket)).add(socket));
    for (const one of this.#slow.get(userId) ?? []) one.pause('pace');
  }

  /** At every sweep. */
  resume(): void {
    for (const [userId, sockets] of this.#slow) {
      if (!this.#limits.isSolvent('frames', userId)) continue;
      for (const socket of sockets) {
        sockets.delete(socket);
        if (socket.isEnded) continue;
        socket.resume('pace');
        break;
      }
      if (sockets.size === 0) this.#slow.delete(userId);
    }
  }
}
