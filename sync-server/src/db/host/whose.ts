/**
 * Whose a table or a column is, the host's or ours, as SQL expressions. Asked of databases of earlier releases too, and one day by releases that call their policies otherwise: so what is
 * ours is known by the beginning of its name, and a column that we have added also before `0011` noted which they are.
 */

/** Everything that we put onto a table that may be a host's is called so. */
const OURS = 'tablo_chat_';

/** `oid`: of a table in `public`. Tables of our own making have policies of ours; a host's never get one. */
export const isOurTable = (oid: string): string =>
  `EXISTS (SELECT FROM pg_policy own WHERE own.polrelid = ${oid} AND starts_with(own.polname::text, '${OURS}'))`;

export const isOurTrigger = (name: string): string => `starts_with(${name}::text, '${OURS}')`;

/**
 * `column`: a row of `pg_attribute`, of a host's `tablos` or `tablo_access`. A trigger says which columns we have added (`0011`). Before it, those are ours that came in one transaction
 * with `tablos.epoch` into a table that was there before: the same as `0011` asks.
 */
export const isAddedColumn = (column: string): string => `(
    EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = ${column}.attrelid AND t.tgname = '${OURS}added_columns'
      AND ${column}.attname::text = ANY (string_to_array(encode(t.tgargs, 'escape'), '\\000')))
    OR (to_regprocedure('tablo_private.keep_added_columns()') IS NULL AND EXISTS (
      SELECT FROM pg_attribute ours JOIN pg_attribute first ON first.attrelid = ${column}.attrelid AND first.attname IN ('id', 'tablo_id') AND first.xmin <> ours.xmin
      WHERE ours.attrelid = to_regclass('public.tablos') AND ours.attname = 'epoch' AND NOT ours.attisdropped AND ours.xmin = ${column}.xmin))
  )`;
