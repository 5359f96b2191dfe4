import { describe, expect, it } from 'vitest';
import { createLog } from './log.ts';
import { createRateLimitedLog, TOTAL_MAX } from './rate-limited-log.ts';

function open() {
  const lines: string[] = [];
  const clock = { now: 0 };
  const plain = createLog({ level: 'debug', format: 'json', write: (line) => void lines.push(line) });
  const log = createRateLimitedLog(plain, () => clock.now);
  return { lines, clock, log, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('createRateLimitedLog', () => {
  it('[R11] createRateLimitedLog says of a thousand alike failures of the database one, and later how many there were', () => {
    const { lines, clock, log, last } = open();
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    for (let nth = 0; nth < 1_000; nth += 1) {
      log.error({ err: away, tablo: `${nth}` }, 'A document could not be loaded.');
      log.warn({ err: away }, 'A snapshot failed.');
    }
    expect(lines).toHaveLength(2);
    clock.now = 10_000;
    log.error({ err: away }, 'A document could not be loaded.');
    expect(last()).toMatchObject({ alike: 999 });
  });

  it('createRateLimitedLog keeps nothing back of what happens now and then', () => {
    const { lines, log } = open();
    for (let nth = 0; nth < 10; nth += 1) {
      log.error({ err: new TypeError('x is not a function') }, 'A request failed.');
      log.info('Storing works again.');
    }
    expect(lines).toHaveLength(20);
  });

  it.each(['debug', 'info', 'warn', 'error'] as const)(
    '[R11] writes twenty lines of a kind in ten seconds and no more, whatever clients do: %s',
    (level) => {
      const { lines, clock, log, last } = open();
      for (let nth = 0; nth < 100_000; nth += 1) log[level]({ nth }, 'A frame could not be handled.');
      for (let nth = 0; nth < 100; nth += 1) log[level]('Without anything more.');
      expect(lines).toHaveLength(40);
      clock.now = 10_000;
      log[level]({}, 'A frame could not be handled.');
      expect(last()).toMatchObject({ alike: 99_980 });
    },
  );

  it('[R11] createRateLimitedLog remembers a bounded number of kinds, should there ever be one for each client', () => {
    const { lines, log } = open();
    for (let nth = 0; nth < 5_000; nth += 1) log.warn(`something of client ${nth}`);
    expect(lines).toHaveLength(TOTAL_MAX);
  });

  it('[R11] createRateLimitedLog writes so many lines of all kinds together, of each level, and says how many it left out', () => {
    const { lines, clock, log, last } = open();
    for (let nth = 0; nth < 5_000; nth += 1) log.debug(`something of client ${nth}`);
    expect(lines).toHaveLength(TOTAL_MAX);
    log.error('A request failed.');
    expect(lines).toHaveLength(TOTAL_MAX + 1);
    expect(last()).not.toHaveProperty('leftOut');
    clock.now = 10_000;
    log.debug('one more');
    expect(last()).toMatchObject({ msg: 'one more', leftOut: 5_000 - TOTAL_MAX });
    log.debug('and another');
    expect(last()).not.toHaveProperty('leftOut');
  });

  it('createRateLimitedLog tells each statement that did not get through, since the database is there', () => {
    const { lines, log } = open();
    const err = Object.assign(new Error('canceling statement due to statement timeout'), { code: '57014' });
    for (const route of ['/chat/channels', '/chat/unread']) log.warn({ err, route }, 'A statement took too long.');
    expect(lines.map((line) => JSON.parse(line).route)).toEqual(['/chat/channels', '/chat/unread']);
  });

  it('createRateLimitedLog goes on when the clock is set back', () => {
    const { lines, clock, log } = open();
    clock.now = 1_000_000;
    for (let nth = 0; nth < 30; nth += 1) log.warn('late');
    clock.now = 0;
    log.warn('late');
    expect(lines).toHaveLength(21);
  });

  it('[R11] createRateLimitedLog says of a thousand alike troubles that a client can make twenty, and later how many there were', () => {
    const lines: string[] = [];
    let now = 0;
    const log = createRateLimitedLog(
      createLog({ level: 'info', format: 'json', write: (line) => void lines.push(line) }),
      () => now,
    );
    for (let nth = 0; nth < 1_000; nth += 1) log.warn({ err: new Error('odd') }, 'A frame could not be handled.');
    expect(lines).toHaveLength(20);
    now = 10_000;
    log.warn({ err: new Error('odd') }, 'A frame could not be handled.');
    expect(JSON.parse(lines[20]!)).toMatchObject({ alike: 980 });
  });
});
