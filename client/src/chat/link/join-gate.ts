/**
 * Lets only so many documents join at a time. On every (re)connect all of them want to; a server that gets more than its limit of unauthenticated
 * documents cuts the socket, for ever again (TRAPS 1.4). Who is on the screen goes first.
 */

export interface JoinTicket {
  /** Asked at the moment a place is free. */
  readonly isUrgent: () => boolean;
}

interface Waiter {
  readonly ticket: JoinTicket;
  readonly admit: () => void;
}

export class JoinGate {
  readonly #limit: number;
  #inside = new Set<JoinTicket>();
  #waiters: Waiter[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  isInside(ticket: JoinTicket): boolean {
    return this.#inside.has(ticket);
  }

  enter(ticket: JoinTicket): Promise<void> {
    this.leave(ticket);
    return new Promise((admit) => {
      this.#waiters.push({ ticket, admit });
      this.#admitNext();
    });
  }

  /** Also for one that still waits: it will never be let in then. */
  leave(ticket: JoinTicket): void {
    this.#waiters = this.#waiters.filter((waiter) => waiter.ticket !== ticket);
    if (this.#inside.delete(ticket)) this.#admitNext();
  }

  #admitNext(): void {
    while (this.#inside.size < this.#limit) {
      const urgent = this.#waiters.findIndex((waiter) => waiter.ticket.isUrgent());
      const [next] = this.#waiters.splice(Math.max(urgent, 0), 1);
      if (next === undefined) return;
      this.#inside.add(next.ticket);
      next.admit();
    }
  }
}
