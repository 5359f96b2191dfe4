import { describe, expect, it } from 'vitest';
import { type LimitName, Limits } from '../../access/limits/limits.ts';
import type { LimitSettings } from '../../config/limit-settings.ts';
import { AppError } from '../base/app-error.ts';
import { defaultLimitSettings } from '../testing/test-rest.ts';
import { RequestBounds } from './bound-requests.ts';

function open(changed: Partial<LimitSettings> = {}) {
  const bitten: LimitName[] = [];
  const limits = new Limits({ ...defaultLimitSettings(), ...changed }, (limit) => bitten.push(limit));
  return { bounds: new RequestBounds(limits), bitten };
}

const codeOf = (act: () => unknown): string => {
  try {
    act();
    return 'done';
  } catch (error) {
    return error instanceof AppError ? error.code : 'another error';
  }
};

describe('RequestBounds', () => {
  it('[R11] RequestBounds lets so many wait for the database; the next is told at once to come back, and there is room again when one ends', async () => {
    const { bounds, bitten } = open({ waitingRequests: 2 });
    const ends: (() => void)[] = [];
    const wait = () => bounds.handle('reads', 'alice', () => new Promise<void>((resolve) => ends.push(resolve)));
    const waiting = [wait(), wait()];
    await expect(wait()).rejects.toMatchObject({ code: 'unavailable' });
    for (const end of ends) end();
    await Promise.all(waiting);
    const fail = () => bounds.handle('reads', 'alice', () => Promise.reject(new Error('on purpose')));
    for (let nth = 0; nth < 5; nth += 1) await expect(fail()).rejects.toThrow('on purpose');
    expect([bounds.waiting, bitten]).toEqual([0, ['waiting-requests']]);
  });

  it('[R11] RequestBounds gives each user places of their own, and each address; what is more waits, and what is far too much does not', async () => {
    const { bounds, bitten } = open({ requestsPerUser: 2, requestsPerAddress: 1 });
    const leave = await bounds.enterAsUser('alice');
    await bounds.enterAsUser('alice');
    let entered = 0;
    const waiting = Array.from({ length: 16 }, () =>
      bounds.enterAsUser('alice').then((release) => {
        entered += 1;
        return release;
      }),
    );
    await expect(bounds.enterAsUser('alice')).rejects.toMatchObject({ code: 'rate-limited' });
    await bounds.enterAsUser('bob');
    expect(entered).toBe(0);
    leave();
    (await waiting[0])?.();
    await waiting[1];
    expect(entered).toBe(2);
    await bounds.enterFrom('192.0.2.7');
    await bounds.enterFrom('192.0.2.8');
    for (let nth = 0; nth < 8; nth += 1) void bounds.enterFrom('192.0.2.7');
    await expect(bounds.enterFrom('192.0.2.7')).rejects.toMatchObject({ code: 'rate-limited' });
    expect(bitten).toEqual(['user-requests', 'address-requests']);
  });

  it.each([
    ['reads', 'readsBurst'],
    ['writes', 'writesBurst'],
    ['changes', 'changesBurst'],
    ['lists', 'readsBurst'],
  ] as const)('[R11] takes %s from a bucket of the user’s', (cost, setting) => {
    const { bounds } = open({ [setting]: 3 });
    for (let nth = 0; nth < 3; nth += 1) bounds.pay(cost, 'alice');
    expect(codeOf(() => bounds.pay(cost, 'alice'))).toBe('rate-limited');
    expect(codeOf(() => bounds.pay(cost, 'bob'))).toBe('done');
  });

  it('[R11] RequestBounds charges answers with what they really have: who owes for a large one waits, whatever they ask for', async () => {
    const { bounds, bitten } = open({ answerBytesPerSecond: 1, answerBytesBurst: 100 });
    const ask = (bytes: number, user = 'alice') => {
      bounds.pay('reads', user);
      return bounds.answer('reads', user, async () => ({ json: new Uint8Array(bytes) }));
    };
    await ask(99);
    await ask(1_000);
    expect(codeOf(() => bounds.pay('reads', 'alice'))).toBe('rate-limited');
    expect(codeOf(() => bounds.pay('writes', 'alice'))).toBe('rate-limited');
    await ask(99, 'bob');
    expect(bitten).toEqual(['answerBytes', 'answerBytes']);
  });

  it('[R11] RequestBounds is met by no honest client in its bytes: 2,000 tablos read anew with pages of 50 long messages', async () => {
    const { bounds, bitten } = open();
    const page = new Uint8Array(50 * 2_000);
    for (let nth = 0; nth < 2_000; nth += 1) {
      bounds.pay('reads', 'alice');
      await bounds.answer('reads', 'alice', async () => ({ json: page }));
    }
    expect(bitten).toEqual([]);
  });

  it('[R11] RequestBounds reads one list of a user at a time, and goes on answering others', async () => {
    const { bounds } = open();
    let running = 0;
    let most = 0;
    const list = (user: string) =>
      bounds.handle('lists', user, async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      });
    await Promise.all(Array.from({ length: 20 }, () => list('alice')));
    expect(most).toBe(1);
    await Promise.all(Array.from({ length: 20 }, (_, nth) => list(`user ${nth}`)));
    expect(most).toBe(6);
  });

  it('[R11] RequestBounds never keeps an honest client waiting: 2,000 tablos refreshed at once, and a bot that posts 20 a second', () => {
    const { bounds, bitten } = open();
    for (let nth = 0; nth < 2_000; nth += 1) for (const cost of ['reads', 'writes'] as const) bounds.pay(cost, 'alice');
    for (let nth = 0; nth < 300; nth += 1) bounds.pay('changes', 'alice');
    for (let nth = 0; nth < 20; nth += 1) bounds.pay('writes', 'bot');
    expect(bitten).toEqual([]);
  });
});
