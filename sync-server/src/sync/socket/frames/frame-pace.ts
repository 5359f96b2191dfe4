/**
 * How fast a user's frames are read, whatever is in them: each costs processor time that all users share, even one that is dropped at the first check. A user
 * who sends more than the rate is read more slowly. Nothing is refused or lost: the rest waits in the sender's own network.
 *
 * Invariants
 * 1. While a user is above the rate, none of their sockets is read: otherwise each of fifty sockets would bring a whole buffer of frames before that is noticed.
 * 2. When a user is below the rate again, one of their sockets is resumed at each sweep. The socket that had sent too much comes last.
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

  /** Called for every frame. Sockets without a sign-in have a bound in bytes instead of a rate. */
  note(socket: SocketState): void {
    const { userId } = socket;
    if (userId === null) return;
    this.#limits.charge('frames', userId, 1);
    if (this.#limits.isSolvent('frames', userId)) return;
    const slow = this.#slow.get(userId);
    // These frames are the rest of a buffer that was read already.
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
