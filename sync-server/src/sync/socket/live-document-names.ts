/** `/yjs`: maps a room name to the tablo's current document. Clients there know no epochs. */
import type { ReasonCode } from '@tablo/schema/close-codes';
import { encodeDocumentName } from '@tablo/schema/document-name';
import { isTabloId } from '@tablo/schema/ids';
import { KeyedGate } from '../../access/limits/keyed-gate.ts';
import type { Limits } from '../../access/limits/limits.ts';
import type { Membership } from '../../access/members/membership.ts';
import type { SocketState } from './socket-state.ts';
import type { TokenChecks } from './token-checks.ts';

/** Sockets of one user whose document is looked up at once. */
const NAMED_AT_ONCE = 4;

interface Deps {
  readonly tokens: TokenChecks;
  readonly membership: Membership;
  readonly limits: Limits;
}

export type Named = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly reason: ReasonCode };

export class LiveDocumentNames {
  readonly #deps: Deps;
  readonly #gate = new KeyedGate(NAMED_AT_ONCE);

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async find(socket: SocketState, tablo: string, token: string): Promise<Named> {
    try {
      const verified = await this.#deps.tokens.check(socket, token);
      if (!verified.ok) return { ok: false, reason: verified.error };
      const { userId } = verified.value;
      if (!this.#deps.limits.take('joins', userId, 1)) return { ok: false, reason: 'rate-limited' };
      if (!isTabloId(tablo)) return { ok: false, reason: 'forbidden' };
      const leave = await this.#gate.enter(userId);
      const member = await this.#deps.membership.find(tablo, userId).finally(leave);
      if (member === null) return { ok: false, reason: 'forbidden' };
      return { ok: true, value: encodeDocumentName({ tabloId: tablo, epoch: member.epoch }) };
    } catch {
      return { ok: false, reason: 'unavailable' };
    }
  }
}
