import { describe, expect, it } from 'vitest';
import { readPostgresLine } from './postgres-line.ts';

const PREFIX = '2026-11-28 18:46:16.123 UTC [4711] ';

describe('readPostgresLine', () => {
  it('readPostgresLine gives the sentence of a failure, without what it quotes', () => {
    expect(readPostgresLine(`${PREFIX}ERROR:  invalid input syntax for type uuid: "a secret text"`)).toEqual({
      text: 'ERROR: invalid input syntax for type uuid: "…"',
      isGrave: false,
    });
    expect(readPostgresLine(`${PREFIX}ERROR:  date out of range: "a secret that was cut`)?.text).not.toContain(
      'secret',
    );
  });

  it('readPostgresLine tells what is the server’s own trouble, with its names', () => {
    expect(readPostgresLine(`${PREFIX}FATAL:  database "tablo" does not exist`)).toEqual({
      text: 'FATAL: database "tablo" does not exist',
      isGrave: true,
    });
    expect(readPostgresLine('PANIC:  could not write to file "pg_wal/xlogtemp.1": No space left')?.isGrave).toBe(true);
    expect(readPostgresLine(`${PREFIX}LOG:  database system is ready`)?.isGrave).toBe(false);
  });

  it.each([
    'DETAIL:  Key (text)=(secret) already exists.',
    "STATEMENT:  INSERT INTO messages VALUES ('secret')",
    "CONTEXT:  unnamed portal parameter $1 = 'secret'",
    "QUERY:  SELECT 'secret'",
    'HINT:  Perhaps you meant "secret".',
    "LOG:  statement: SELECT 'secret'",
    "LOG:  duration: 3.141 ms  execute messages-page: SELECT 'secret'",
    "STATEMENT:  SELECT 'FATAL:  secret'",
  ])('readPostgresLine leaves out what may hold the values of rows: %s', (line) => {
    expect(readPostgresLine(PREFIX + line)).toBeNull();
    expect(readPostgresLine(line)).toBeNull();
  });

  it('readPostgresLine leaves out the further lines of a statement, whatever they begin with', () => {
    for (const line of ['\tFATAL:  secret', 'secret', '', ' PANIC:  secret']) expect(readPostgresLine(line)).toBeNull();
  });

  it('readPostgresLine is cut', () => {
    expect(readPostgresLine(`${PREFIX}FATAL:  ${'x'.repeat(10_000)}`)?.text).toHaveLength(300);
  });
});
