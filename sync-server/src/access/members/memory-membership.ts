/** Memberships in memory, for tests. */
import type { TabloId, UserId } from '@tablo/schema/ids';
import type { Role } from '@tablo/schema/roles';
import type { Member, Membership } from './membership.ts';

interface Tablo {
  readonly epoch: number;
  readonly isDeleted: boolean;
}

export class MemoryMembership implements Membership {
  readonly #tablos = new Map<TabloId, Tablo>();
  readonly #roles = new Map<string, Role>();

  setTablo(tabloId: TabloId, tablo: Partial<Tablo> = {}): void {
    this.#tablos.set(tabloId, { epoch: 1, isDeleted: false, ...tablo });
  }

  /** `null`: no longer a member. */
  setRole(tabloId: TabloId, userId: UserId, role: Role | null): void {
    if (role === null) this.#roles.delete(`${tabloId} ${userId}`);
    else this.#roles.set(`${tabloId} ${userId}`, role);
  }

  async find(tabloId: TabloId, userId: UserId): Promise<Member | null> {
    const tablo = this.#tablos.get(tabloId);
    const role = this.#roles.get(`${tabloId} ${userId}`);
    if (tablo === undefined || tablo.isDeleted || role === undefined) return null;
    return { role, epoch: tablo.epoch };
  }

  async settle(): Promise<void> {} // Nobody is added here without being asked.
}
