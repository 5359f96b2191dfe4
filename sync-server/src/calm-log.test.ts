import { describe, expect, it } from 'vitest';
import { createCalmLog } from './calm-log.ts';
import { createLog } from './log.ts';

describe('createCalmLog', () => {
  it('[R11] says of a thousand alike failures of the database one, and later how many there were', () => {
    const lines: string[] = [];
    let now = 0;
    const log = createCalmLog(
      createLog({ level: 'info', format: 'json', write: (line) => void lines.push(line) }),
      () => now,
    );
    const away = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    for (let nth = 0; nth < 1_000; nth += 1) {
      log.error({ err: away, tablo: `${nth}` }, 'A document could not be loaded.');
      log.warn({ err: away }, 'A snapshot failed.');
    }
    expect(lines).toHaveLength(2);
    now = 10_000;
    log.error({ err: away }, 'A document could not be loaded.');
    expect(JSON.parse(lines[2]!)).toMatchObject({ alike: 999 });
  });

  it('keeps nothing back of what is not the database being away', () => {
    const lines: string[] = [];
    const log = createCalmLog(createLog({ level: 'info', format: 'text', write: (line) => void lines.push(line) }));
    for (let nth = 0; nth < 3; nth += 1) {
      log.error({ err: new TypeError('x is not a function') }, 'A request failed.');
      log.info('Storing works again.');
    }
    expect(lines).toHaveLength(6);
  });

  it('[R11] says of a thousand alike troubles that a client can make twenty, and later how many there were', () => {
    const lines: string[] = [];
    let now = 0;
    const log = createCalmLog(
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
