/** Everything that REST reads and writes, on one pool. */
import type { Pool } from 'pg';
import { REST_BOUNDS, type RestBounds } from '../../config/rest-bounds.ts';
import { PgChannels } from './pg-channels.ts';
import { PgDrafts } from './pg-drafts.ts';
import { PgInvitations } from './pg-invitations.ts';
import { PgInvites } from './pg-invites.ts';
import { PgMembers } from './pg-members.ts';
import { PgMessages } from './pg-messages.ts';
import { PgPeople } from './pg-people.ts';
import { PgReadState } from './pg-read-state.ts';

export interface RestStores {
  readonly channels: PgChannels;
  readonly members: PgMembers;
  readonly invites: PgInvites;
  readonly invitations: PgInvitations;
  readonly messages: PgMessages;
  readonly people: PgPeople;
  readonly readState: PgReadState;
  readonly drafts: PgDrafts;
}

export function createRestStores(pool: Pool, bounds: RestBounds = REST_BOUNDS): RestStores {
  return {
    channels: new PgChannels(pool, bounds),
    members: new PgMembers(pool, bounds),
    invites: new PgInvites(pool, bounds),
    invitations: new PgInvitations(pool, bounds),
    messages: new PgMessages(pool),
    people: new PgPeople(pool),
    readState: new PgReadState(pool),
    drafts: new PgDrafts(pool),
  };
}
