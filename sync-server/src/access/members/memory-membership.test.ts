import type { Role } from '@tablo/schema/roles';
import { describe } from 'vitest';
import { testMembership } from './membership-contract.ts';
import { MemoryMembership } from './memory-membership.ts';

describe('MemoryMembership', () => {
  testMembership(() => {
    const membership = new MemoryMembership();
    return {
      membership,
      addTablo: async (tabloId, tablo) => membership.setTablo(tabloId, tablo),
      setRole: async (tabloId, userId, role) => membership.setRole(tabloId, userId, role as Role),
      removeMember: async (tabloId, userId) => membership.setRole(tabloId, userId, null),
      deleteTablo: async (tabloId) => membership.setTablo(tabloId, { isDeleted: true }),
    };
  });
});
