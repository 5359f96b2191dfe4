/**
 * Takes from a line of PostgreSQL's own log what may go into ours. PostgreSQL logs the failed statement and the values of the row under each error, and quotes values that it could not
 * read: these may be messages of people. Its sentence without them still names the error and its place.
 */
interface PostgresLine {
  /** Cut, without what it quotes where that may be a value. */
  readonly text: string;
  /** The server itself, or a whole connection, and not one statement. */
  readonly isGrave: boolean;
}

/** Its default prefix, `%m [%p] `, and the severities of sentences; DETAIL, STATEMENT, CONTEXT, QUERY and HINT follow on lines of their own. */
const SENTENCE = /^(?:\S+ \S+ \S+ \[\d+\] )?(DEBUG\d?|LOG|INFO|NOTICE|WARNING|ERROR|FATAL|PANIC): +(.*)$/;
/** Where an operator's settings have statements logged. */
const STATEMENT = /^(?:duration|statement|execute|parse|bind|fastpath|parameters)\b/i;
const QUOTED = /"[^"]*"?|'[^']*'?/g;
const TEXT_MAX_LENGTH = 300;

/** null: nothing of it. */
export function readPostgresLine(line: string): PostgresLine | null {
  const [, severity = '', sentence = ''] = SENTENCE.exec(line) ?? [];
  if (severity === '' || STATEMENT.test(sentence)) return null;
  const isGrave = severity === 'FATAL' || severity === 'PANIC';
  const text = isGrave || severity === 'LOG' ? sentence : sentence.replaceAll(QUOTED, '"…"');
  return { text: `${severity}: ${text}`.slice(0, TEXT_MAX_LENGTH), isGrave };
}
