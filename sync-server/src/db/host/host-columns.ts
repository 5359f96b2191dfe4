/**
 * Columns of a host application's own tables, as our statements may read them: SQL expressions. What stands there has no range but PostgreSQL's, a gigabyte or NULL,
 * and people of the host may write it; an answer that shows it goes to every member [R9].
 */

/** Code points of a name that are read: twice what is shown, since letters that were written in two parts are shown as one. */
const NAME_READ_MAX = 400;
/** Longer than every role: what is cut is none of them. */
const ROLE_READ_MAX = 16;

/** A tablo's name: never NULL, never longer than can be of use. Who shows it cleans it (`cleanName` of the schema). */
export const hostName = (name: string): string => `left(coalesce(${name}::text, ''), ${NAME_READ_MAX})`;

/** A member's role, which may be an enum. */
export const hostRole = (role: string): string => `left(${role}::text, ${ROLE_READ_MAX})`;
