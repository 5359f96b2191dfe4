/** The cost of each REST route, by method and pattern. A test walks over all routes, and fails for one that is not in here. */

/** `lists` pay as reads, and take turns. */
export type RouteCost = 'reads' | 'lists' | 'writes' | 'changes';

/** One tablo's page, or one row. */
const READS = [
  'GET /chat/channels/:id/members',
  'GET /chat/channels/:id/messages',
  'GET /chat/channels/:id/messages/:messageId',
  'GET /chat/channels/:id/invites',
  'GET /chat/invites/:code',
  'GET /chat/invitations',
  'GET /chat/people',
] as const;

/** All tablos of the caller. */
const LISTS = ['GET /chat/channels', 'GET /chat/unread', 'GET /chat/drafts'] as const;

/** Each writes one entry into the tablo's document. */
export const ENTRY_ROUTES = [
  'POST /chat/channels/:id/messages',
  'PATCH /chat/channels/:id/messages/:messageId',
  'DELETE /chat/channels/:id/messages/:messageId',
  'PUT /chat/channels/:id/messages/:messageId/reactions/:emoji',
  'DELETE /chat/channels/:id/messages/:messageId/reactions/:emoji',
] as const;

/** Of the caller's own, and of a size that is bounded. */
const WRITES = [...ENTRY_ROUTES, 'POST /chat/channels/:id/read', 'PUT /chat/channels/:id/draft'] as const;

/** Each is broadcast to everybody in the tablo, who then ask for their lists. */
const CHANGES = [
  'POST /chat/channels',
  'PATCH /chat/channels/:id',
  'DELETE /chat/channels/:id',
  'POST /chat/channels/:id/members',
  'DELETE /chat/channels/:id/members/:userId',
  'POST /chat/channels/:id/invites',
  'DELETE /chat/channels/:id/invites/:inviteId',
  'POST /chat/invites/:code/accept',
  'POST /chat/invitations/:id/accept',
  'POST /chat/invitations/:id/decline',
] as const;

export const REST_COSTS: Readonly<Record<RouteCost, readonly string[]>> = {
  reads: READS,
  lists: LISTS,
  writes: WRITES,
  changes: CHANGES,
};

const BY_ROUTE = new Map(
  Object.entries(REST_COSTS).flatMap(([cost, routes]) => routes.map((route) => [route, cost as RouteCost] as const)),
);

export function costOf(method: string, pattern: string): RouteCost {
  return BY_ROUTE.get(`${method} ${pattern}`) ?? (method === 'GET' ? 'reads' : 'writes');
}
