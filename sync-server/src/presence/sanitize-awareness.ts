/**
 * [R3] Awareness carries the identity that the server knows. Pure: what of a client's awareness frame may go on, given whose clientIDs are whose.
 */
import type { Person } from './person.ts';

/** Keys and bytes beyond the contract are dropped, not refused: presence is never worth a connection. */
export interface PresenceRules {
  readonly user: Person;
  /** Whether this clientID is the sender's, or nobody's yet (then it becomes theirs). */
  readonly claim: (client: number) => boolean;
  /** The clientID that this connection speaks for already. */
  readonly current: number | null;
}

/**
 * Mutates `states` (clientID → state) in place, as Hocuspocus wants it. `states` also holds the scratch document's own random id, with an empty state:
 * anything that does not look like a presence state is dropped without a word.
 */
export function sanitizeAwareness(states: Map<number, Record<string, unknown>>, rules: PresenceRules): void {
  let current = rules.current;
  for (const [client, state] of [...states]) {
    const isPresence = typeof state === 'object' && state !== null && Object.keys(state).length > 0;
    const isMine = isPresence && (current === null || current === client) && rules.claim(client);
    if (!isMine) {
      states.delete(client);
      continue;
    }
    current = client;
    states.set(client, { user: { id: rules.user.id, name: rules.user.name }, typing: state['typing'] === true });
  }
}
