/** On whose behalf a request comes, and who pays for it. */
import type { UserId } from '@tablo/schema/ids';
import type { Claims } from '../../access/tokens/claims.ts';
import type { Service } from '../../access/tokens/service-tokens.ts';

/** Names the person for whom a back end acts; in an ordinary token's request it means nothing. */
export const CHAT_USER = 'Chat-User';

export type Caller =
  /** A person, by their own token, or by a back end's (`service`) that named them. */
  | { readonly type: 'user'; readonly claims: Claims; readonly service: Service | null }
  /** A back end for itself. */
  | { readonly type: 'service'; readonly service: Service };

/** [R11] What a back end does for a person is charged to that person, as with a token of their own: no person uses up the share of others. */
export const payerOf = (caller: Caller): string =>
  caller.type === 'user' ? caller.claims.userId : `service ${caller.service.name}`;

export function callerFor(service: Service, user: UserId | null): Caller {
  if (user === null) return { type: 'service', service };
  const claims = { userId: user, name: null, email: null, avatarUrl: null, expiresAt: Number.MAX_SAFE_INTEGER };
  return { type: 'user', claims, service };
}
