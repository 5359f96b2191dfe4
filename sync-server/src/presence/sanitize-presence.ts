/** [R3] Awareness carries the identity that the server knows, and nothing beyond the contract. Pure. */
import type { Person } from './person.ts';

export interface PresenceState {
  readonly user: Person;
  readonly typing: boolean;
}

/** Null for a value that is no presence state. It is dropped and not refused, since presence is never worth a connection. */
export function sanitizePresence(json: string, user: Person): PresenceState | null {
  try {
    const state: unknown = JSON.parse(json);
    if (typeof state !== 'object' || state === null || Object.keys(state).length === 0) return null;
    const { typing } = state as { readonly typing?: unknown };
    return { user: { id: user.id, name: user.name }, typing: typing === true };
  } catch {
    return null;
  }
}
