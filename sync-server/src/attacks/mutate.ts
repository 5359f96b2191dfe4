/** Real frames, damaged; and noise. Every choice comes from the seeded generator. */
import type { Random } from '@tablo/schema/testing/random';

type Mutation = (frame: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array;

const INTERESTING = [0, 1, 2, 4, 5, 6, 7, 8, 10, 117, 118, 119, 127, 128, 255];

const MUTATIONS: readonly Mutation[] = [
  (frame) => frame,
  (frame, random) => frame.slice(0, random.below(frame.length + 1)),
  (frame, random) => replaceByte(frame, random, random.below(256)),
  (frame, random) => replaceByte(frame, random, random.pick(INTERESTING)),
  (frame, random) => {
    let damaged = frame;
    for (let left = 1 + random.below(8); left > 0; left -= 1) damaged = replaceByte(damaged, random, random.below(256));
    return damaged;
  },
  (frame, random) => splice(frame, random.below(frame.length + 1), random.below(4), noise(random, random.below(12))),
  (frame, random, others) => {
    const other = random.pick(others);
    return Uint8Array.of(
      ...frame.slice(0, random.below(frame.length + 1)),
      ...other.slice(random.below(other.length + 1)),
    );
  },
  (frame, random) => Uint8Array.of(...frame, ...noise(random, 1 + random.below(20))),
];

export function mutate(frame: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  return random.pick(MUTATIONS)(frame, random, others);
}

export const noise = (random: Random, length: number): Uint8Array =>
  Uint8Array.from({ length }, () => random.below(256));

function replaceByte(frame: Uint8Array, random: Random, value: number): Uint8Array {
  const copy = frame.slice();
  if (copy.length > 0) copy[random.below(copy.length)] = value;
  return copy;
}

function splice(frame: Uint8Array, at: number, removed: number, inserted: Uint8Array): Uint8Array {
  return Uint8Array.of(...frame.slice(0, at), ...inserted, ...frame.slice(at + removed));
}
