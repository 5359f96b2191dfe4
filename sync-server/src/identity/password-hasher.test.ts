import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { constants, getPriority } from 'node:os';
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
  it('PasswordHasher makes what better-auth makes, and takes what it has stored', async () => {
    const hasher = open();
    const password = 'correct hörse ﬁ battery';
    expect(await verifyPassword({ hash: await hasher.hash(password), password })).toBe(true);
    const stored = await hashPassword(password);
    expect(await hasher.verify({ hash: stored, password })).toBe(true);
    expect(await hasher.verify({ hash: stored, password: 'wrong horse' })).toBe(false);
    await expect(hasher.verify({ hash: 'nonsense', password })).rejects.toThrow();
  });

  it('[R11] PasswordHasher works on one or two at a time, however many are asked for, and in no thread that anybody else needs', async () => {
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

  const isLinux = process.platform === 'linux';
  it.runIf(isLinux)(
    '[R11] PasswordHasher lets messages go first: its threads alone have a lower priority',
    async () => {
      const own = getPriority();
      await open().hash('correct horse');
      expect(
        threadPriorities().filter((priority) => priority === constants.priority.PRIORITY_BELOW_NORMAL).length,
      ).toBe(1);
      expect(getPriority()).toBe(own);
    },
  );
  if (!isLinux) console.log('Skipped: only Linux gives a thread a priority of its own.');

  it('PasswordHasher says so when it is closed, also to who waits', async () => {
    const hasher = open();
    const waiting = Promise.allSettled(Array.from({ length: 5 }, () => hasher.hash('correct horse')));
    await hasher.close();
    for (const one of await waiting) expect(one.status).toBe('rejected');
    await expect(hasher.hash('x')).rejects.toThrow('closed');
  });
});

/** proc(5), *stat*: the 19th field is the nice value; the second, in brackets, may hold blanks. */
function threadPriorities(): readonly number[] {
  return readdirSync('/proc/self/task').map((thread) => {
    const line = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
    return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[16]);
  });
}
