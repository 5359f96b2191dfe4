import { describe, expect, it } from 'vitest';
import { createLog } from './log.ts';

function collect(format: 'text' | 'json', level: 'debug' | 'info' = 'info') {
  const lines: string[] = [];
  return { lines, log: createLog({ level, format, write: (line) => void lines.push(line) }) };
}

describe('createLog', () => {
  it('createLog writes one short line for people', () => {
    const { lines, log } = collect('text');
    log.warn({ tablo: 'abc' }, 'Slow.');
    log.info('Ready.');
    log.debug('not shown');
    expect(lines).toEqual([
      expect.stringMatching(/^\d\d:\d\d:\d\d warn Slow\. tablo=abc\n$/),
      expect.stringMatching(/^\S+ Ready\.\n$/),
    ]);
  });

  it('createLog writes JSON where asked', () => {
    const { lines, log } = collect('json', 'debug');
    log.debug({ tablo: 'abc' }, 'Joined.');
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 20, tablo: 'abc', msg: 'Joined.' });
  });

  it('[R11] createLog is one line whatever is in it: no words of others become lines, fields, or orders to a terminal', () => {
    const { lines, log } = collect('text');
    const forged = 'x\n12:00:00 error Nothing can be stored\r\u001b[2J\u0085\u2028\u202e';
    log.warn(
      { said: forged, list: [forged], [forged]: 1, pair: 'a b=c', plain: '/chat/channels/:id' },
      `Odd: ${forged}`,
    );
    log.warn({ err: new Error(forged) }, 'Odd.');
    for (const line of lines) expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e]/u);
    expect(lines[0]).toContain(' pair="a b=c" plain=/chat/channels/:id');
    expect(lines[0]).toContain('\\u000a12:00:00 error');
  });

  it('[R11] createLog has below an error only the places where it came from, and cuts what it says', () => {
    const { lines, log } = collect('text');
    log.error({ err: new TypeError('x\n    at evil (nowhere:1:1)\n12:00:00 error Nothing can be stored') }, 'Failed.');
    const [first = '', ...frames] = (lines[0] ?? '').trimEnd().split('\n');
    expect(first).toContain('Failed. (TypeError: x\\u000a    at evil');
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) expect(frame).toMatch(/^ {4}at (?!evil)/);
    log.error({ err: new Error('y'.repeat(1_000_000)) }, 'Failed.');
    expect(lines[1]?.length).toBeLessThan(10_000);
  });

  it('createLog never writes tokens, texts, or the row values that PostgreSQL puts into its errors', () => {
    const { lines, log } = collect('json');
    const failure = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (text)=(secret) already exists.',
    });
    log.error({ err: failure, token: 'secret', message: { text: 'secret' } }, 'Failed.');
    const unread = Object.assign(new Error('invalid input syntax for type uuid: "secret"'), { code: '22P02' });
    log.error({ err: unread }, 'Failed.');
    expect(lines.join('')).toContain('23505');
    expect(lines.join('')).toContain('invalid input syntax for type uuid');
    expect(lines.join('')).not.toContain('secret');
  });
});
