/**
 * Reads the server's answers from `unknown`. These few lines replace the library of the schemas, which would be an eighth of the
 * page's script. Each shape is typed by the schema it stands for, so a field too few or of another type does not compile; unknown keys are left out, as there.
 */

/** Reads a value, or throws a `Mismatch`. */
export type Shape<T> = (value: unknown) => T;

class Mismatch extends Error {}

const expect = <T>(name: string, is: (value: unknown) => value is T): Shape<T> => {
  return (value) => {
    if (is(value)) return value;
    throw new Mismatch(`expected ${name}`);
  };
};

export const string = expect('a string', (value): value is string => typeof value === 'string');
export const boolean = expect('true or false', (value): value is boolean => typeof value === 'boolean');
export const integer = expect('an integer', (value): value is number => Number.isSafeInteger(value));
export const anything: Shape<unknown> = (value) => value;

export const oneOf = <const T extends string | true>(...values: readonly T[]): Shape<T> =>
  expect(values.join(', '), (value): value is T => values.some((one) => one === value));

export const nullable =
  <T>(shape: Shape<T>): Shape<T | null> =>
  (value) =>
    value === null ? null : shape(value);

export const optional =
  <T>(shape: Shape<T>): Shape<T | undefined> =>
  (value) =>
    value === undefined ? undefined : shape(value);

export const list =
  <T>(shape: Shape<T>): Shape<T[]> =>
  (value) => {
    if (!Array.isArray(value)) throw new Mismatch('expected a list');
    return value.map((one: unknown) => shape(one));
  };

function entriesOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Mismatch('expected an object');
  return value as Readonly<Record<string, unknown>>;
}

export const record =
  <T>(shape: Shape<T>): Shape<Record<string, T>> =>
  (value) =>
    Object.fromEntries(Object.entries(entriesOf(value)).map(([key, one]) => [key, shape(one)]));

export const object =
  <T extends object>(fields: { readonly [K in keyof T]-?: Shape<T[K]> }): Shape<T> =>
  (value) => {
    const given = entriesOf(value);
    const read: [string, unknown][] = [];
    for (const [key, shape] of Object.entries<Shape<unknown>>(fields)) {
      const one = shape(given[key]);
      if (one !== undefined) read.push([key, one]);
    }
    return Object.fromEntries(read) as T;
  };

export const map =
  <T, U>(shape: Shape<T>, change: (value: T) => U): Shape<U> =>
  (value) =>
    change(shape(value));

/** `null`: it has another shape. */
export function readAs<T>(shape: Shape<T>, value: unknown): { readonly data: T } | null {
  try {
    return { data: shape(value) };
  } catch (error) {
    if (error instanceof Mismatch) return null;
    throw error;
  }
}
