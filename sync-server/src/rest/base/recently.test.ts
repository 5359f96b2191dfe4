import { expect, it } from 'vitest';
import { recently } from './recently.ts';

it('[R11] a thousand questions are one look, and a new one is taken when the value is too old', async () => {
  let looks = 0;
  let now = 0;
  const ask = recently(
    async () => {
      looks += 1;
      return looks;
    },
    100,
    () => now,
  );
  expect(new Set(await Promise.all(Array.from({ length: 1_000 }, ask)))).toEqual(new Set([1]));
  now = 99;
  expect(await ask()).toBe(1);
  now = 100;
  expect([await ask(), await ask(), looks]).toEqual([2, 2, 2]);
});

it('[R11] a look that takes long is not repeated meanwhile, and one that fails is', async () => {
  let fail: (error: Error) => void = () => {};
  let looks = 0;
  const ask = recently(
    () => {
      looks += 1;
      return new Promise<never>((_, reject) => {
        fail = reject;
      });
    },
    10,
    () => 1_000 * looks,
  );
  const asked = [ask(), ask()];
  fail(new Error('on purpose'));
  for (const one of asked) await expect(one).rejects.toThrow('on purpose');
  expect(looks).toBe(1);
  void ask().catch(() => {});
  expect(looks).toBe(2);
});
