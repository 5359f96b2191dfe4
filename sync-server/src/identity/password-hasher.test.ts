import { readFile } from 'node:fs/promises';
import { hashPassword, verifyPassword } from 'better-auth/crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { HASHES_AT_ONCE, PasswordHasher } from './password-hasher.ts';

const hashers: PasswordHasher[] = [];
afterEach(() => Promise.all(hashers.splice(0).map((hasher) => hasher.close())));

function open(): PasswordHasher {
  const hasher = new PasswordHasher();
  hashers.push(hasher);
  return hasher;
}

describe('PasswordHasher', () => {
  it('makes what better-auth makes, and takes what it has stored', async () => {
    const hasher = open();
    const password = 'correct hörse ﬁ battery';
    expect(await verifyPassword({ hash: await hasher.hash(password), password })).toBe(true);
    const stored = await hashPassword(password);
    expect(await hasher.verify({ hash: stored, password })).toBe(true);
    expect(await hasher.verify({ hash: stored, password: 'wrong horse' })).toBe(false);
    await expect(hasher.verify({ hash: 'nonsense', password })).rejects.toThrow();
  });

  it('[R11] works on one or two at a time, however many are asked for, and in no thread that anybody else needs', async () => {
    const hasher = open();
    let done = 0;
    let most = 0;
    const hashes = Array.from({ length: 6 }, () =>
      hasher.hash('correct horse').then(() => {
        done += 1;
        most = Math.max(most, hasher.running);
      }),
    );
    expect(hasher.running).toBe(HASHES_AT_ONCE);
    expect(HASHES_AT_ONCE).toBeLessThanOrEqual(2);
    // Through libuv's four threads: behind six hashes in them, none of these would come back before the first few of those.
    await Promise.all(Array.from({ length: 50 }, () => readFile(import.meta.filename)));
    expect(done).toBeLessThan(6);
    await Promise.all(hashes);
    expect(most).toBeLessThanOrEqual(HASHES_AT_ONCE);
  }, 60_000);

  it('says so when it is closed, also to who waits', async () => {
    const hasher = open();
    const waiting = Promise.allSettled(Array.from({ length: 5 }, () => hasher.hash('correct horse')));
    await hasher.close();
    for (const one of await waiting) expect(one.status).toBe('rejected');
    await expect(hasher.hash('x')).rejects.toThrow('closed');
  });
});
