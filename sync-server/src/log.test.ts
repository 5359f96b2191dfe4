import { describe, expect, it } from 'vitest';
import { createLog } from './log.ts';

function collect(format: 'text' | 'json', level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  return { lines, log: createLog({ level, format, write: (line) => void lines.push(line) }) };
}

describe('createLog', () => {
  it('writes one short line for people', () => {
    const { lines, log } = collect('text');
    log.warn({ tablo: 'abc' }, 'Slow.');
    log.info('Ready.');
    log.debug('not shown');
    expect(lines).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d warn Slow\. tablo=abc\n$/),
      expect.stringMatching(/^\S+ Ready\.\n$/),
    ]);
  });

  it('writes JSON where asked', () => {
    const { lines, log } = collect('json', 'debug');
    log.debug({ tablo: 'abc' }, 'Joined.');
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 20, tablo: 'abc', msg: 'Joined.' });
  });

  it('never writes tokens, texts, or the row values that PostgreSQL puts into its errors', () => {
    const { lines, log } = collect('json');
    const failure = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (text)=(secret) already exists.',
    });
    log.error({ err: failure, token: 'secret', message: { text: 'secret' } }, 'Failed.');
    expect(lines.join('')).toContain('23505');
    expect(lines.join('')).not.toContain('secret');
  });
});
