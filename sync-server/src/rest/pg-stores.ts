/** Everything that REST reads and writes, on one pool. */
import type { Pool } from 'pg';
import { PgChannels } from './pg-channels.ts';
import { PgDrafts } from './pg-drafts.ts';
import { PgInvites } from './pg-invites.ts';
import { PgMembers } from './pg-members.ts';
import { PgMessages } from './pg-messages.ts';
import { PgReadState } from './pg-read-state.ts';

export interface RestStores {
  readonly channels: PgChannels;
  readonly members: PgMembers;
  readonly invites: PgInvites;
  readonly messages: PgMessages;
  readonly readState: PgReadState;
  readonly drafts: PgDrafts;
}

export function createRestStores(pool: Pool): RestStores {
  return {
    channels: new PgChannels(pool),
    members: new PgMembers(pool),
    invites: new PgInvites(pool),
    messages: new PgMessages(pool),
    readState: new PgReadState(pool),
    drafts: new PgDrafts(pool),
  };
}
