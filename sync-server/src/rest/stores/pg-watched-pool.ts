/** A pool that tells of every statement, also within transactions, for tests that count or explain them. */
import type { Pool, PoolClient } from 'pg';

export type Statement = string | { readonly text: string; readonly values?: unknown[] };
type Query = (statement: Statement, values?: unknown[]) => Promise<unknown>;

export function countingPool(pool: Pool, onStatement: (text: string, values: readonly unknown[]) => void): Pool {
  return watchPool(pool, async (statement, values) => onStatement(statement, values));
}

/** `before` is awaited before each statement, on the same connection. */
export function watchPool(
  pool: Pool,
  before: (text: string, values: readonly unknown[], run: Query) => Promise<void>,
): Pool {
  const watch =
    (run: Query): Query =>
    async (statement, values) => {
      const [text, given] =
        typeof statement === 'string' ? [statement, values ?? []] : [statement.text, statement.values ?? []];
      await before(text, given, run);
      return run(statement, values);
    };
  return new Proxy(pool, {
    get(target, name) {
      if (name === 'query') return watch(target.query.bind(target) as unknown as Query);
      if (name === 'connect')
        return async () => {
          const client = await target.connect();
          return new Proxy(client, {
            get(inner: PoolClient, key) {
              if (key === 'query') return watch(inner.query.bind(inner) as unknown as Query);
              const value: unknown = Reflect.get(inner, key, inner);
              return typeof value === 'function' ? value.bind(inner) : value;
            },
          });
        };
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
