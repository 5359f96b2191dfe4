import type { Role } from '@tablo/schema/roles';

export const ROLE_LABELS: Record<Role, string> = { owner: 'Owner', admin: 'Admin', member: 'Member', guest: 'Guest' };

/** What a member with this role may do. */
export const ROLE_POWERS: Record<Role, string> = {
  owner: 'Can do everything: change every role, and delete the tablo.',
  admin: 'Can also invite, rename, remove people, and delete anybody’s messages.',
  member: 'Can read and write.',
  guest: 'Can read, and not write.',
};
