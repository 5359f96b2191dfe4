import { ROLES, type Role } from '@tablo/schema/roles';
import { describe, expect, it } from 'vitest';
import { refuseGrant, refuseInvite, refuseRemoval } from './member-rules.ts';
import type { Standing } from './pg-standing.ts';

const other = (actor: Role, target: Role | null): Standing => ({ actor, target, isSelf: false, otherOwners: 1 });
const self = (role: Role, otherOwners = 1): Standing => ({ actor: role, target: role, isSelf: true, otherOwners });
const rank = (role: Role | null) => (role === null ? -1 : ROLES.indexOf(role));

describe('who may change members', () => {
  it('the rule of who may change members lets admins and owners grant what is not above them, to who is not above them', () => {
    for (const actor of ROLES) {
      for (const target of [null, ...ROLES]) {
        for (const role of ROLES) {
          const isAllowed = rank(actor) >= rank('admin') && rank(role) <= rank(actor) && rank(target) <= rank(actor);
          expect(refuseGrant(other(actor, target), role) === null, `${actor} makes ${target} ${role}`).toBe(isAllowed);
        }
      }
    }
  });

  it('the rule of who may change members lets admins and owners remove who is not above them', () => {
    for (const actor of ROLES) {
      for (const target of ROLES) {
        const isAllowed = rank(actor) >= rank('admin') && rank(target) <= rank(actor);
        expect(refuseRemoval(other(actor, target)) === null, `${actor} removes ${target}`).toBe(isAllowed);
      }
    }
    expect(refuseRemoval(other('owner', null))?.code).toBe('not-found');
    expect(refuseRemoval(other('member', null))?.code).toBe('forbidden');
  });

  it('the rule of who may change members lets everybody leave and step down, and nobody up', () => {
    for (const role of ROLES) {
      expect(refuseRemoval(self(role))).toBeNull();
      for (const wanted of ROLES) expect(refuseGrant(self(role), wanted) === null).toBe(rank(wanted) <= rank(role));
    }
  });

  it('the rule of who may change members keeps the last owner', () => {
    expect(refuseRemoval(self('owner', 0))?.code).toBe('last-owner');
    expect(refuseGrant(self('owner', 0), 'admin')?.code).toBe('last-owner');
    expect(refuseGrant(self('owner', 0), 'owner')).toBeNull();
  });

  it('the rule of who may change members lets admins and owners invite up to their own role', () => {
    for (const actor of ROLES) {
      for (const role of ROLES) {
        expect(refuseInvite(actor, role) === null).toBe(rank(actor) >= rank('admin') && rank(role) <= rank(actor));
      }
    }
  });
});
