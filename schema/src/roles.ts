/** Who may do what in a tablo. `tablo_access.role` is free text in SQL, so a role that nobody knows may only read. */

export const ROLES = ['guest', 'member', 'admin', 'owner'] as const;
export type Role = (typeof ROLES)[number];

export function parseRole(value: unknown): Role {
  return ROLES.find((role) => role === value) ?? 'guest';
}

const rank = (role: Role): number => ROLES.indexOf(role);

export const canWrite = (role: Role): boolean => role !== 'guest';
/** Rename, invite, add and remove members, delete anybody's message. */
export const canModerate = (role: Role): boolean => rank(role) >= rank('admin');
export const canDeleteTablo = (role: Role): boolean => role === 'owner';
/** Nobody grants a role above their own, nor acts on a member above them. */
export const isAtLeast = (role: Role, other: Role): boolean => rank(role) >= rank(other);

/** A host application's own `tablo_access` may repeat a member; the most that any row grants counts. */
export function highestRole(values: readonly unknown[]): Role {
  return values.map(parseRole).reduce((highest, role) => (isAtLeast(role, highest) ? role : highest), 'guest' as Role);
}
