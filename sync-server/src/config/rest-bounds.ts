/** How much of the domain one user, and one tablo, may have. Counted where it is made, before it is made; one more than these may be asked for at once only by as many requests as have a connection each. */
export interface RestBounds {
  /** Tablos that a user has made (deleted ones for 30 days), and those that others may add them to; by their own hand they may belong to twice as many. Memberships count until they end: a month after their tablo was deleted. */
  readonly tablosPerUser: number;
  readonly membersPerTablo: number;
  /** Invitation links that are open. */
  readonly linksPerTablo: number;
  /** Invitations that a user has sent within a month, whatever became of them; those that were accepted count no more. */
  readonly invitationsPerUser: number;
}

export const REST_BOUNDS: RestBounds = {
  tablosPerUser: 1_000,
  membersPerTablo: 10_000,
  linksPerTablo: 100,
  invitationsPerUser: 100,
};

/** Open links that one user has made, in all tablos. */
export const linksPerUser = ({ linksPerTablo }: RestBounds): number => 5 * linksPerTablo;
/** Open invitations of one person. Further ones are not shown to that person, and the inviter is not told so. One inviter may send them half as many within a month. */
export const INVITATIONS_TO_ANSWER = 50;
export const INVITATIONS_OF_ONE_INVITER = INVITATIONS_TO_ANSWER / 2;
/** An invitation that nobody answers ends then, and so does the memory of one that was declined. */
export const INVITATION_DAYS = 30;
