/** What we compare with: Hocuspocus as its documentation sets it up, every setting at its default, storing to the same PostgreSQL. */
import { Database } from '@hocuspocus/extension-database';
import { Server } from '@hocuspocus/server';
import pg from 'pg';

const pool = new pg.Pool({ connectionString: process.env['DATABASE_URL'] });
await pool.query('CREATE TABLE IF NOT EXISTS bench_stock_documents (name text PRIMARY KEY, state bytea NOT NULL)');

const server = new Server({
  port: 0,
  address: '127.0.0.1',
  quiet: true,
  extensions: [
    new Database({
      fetch: async ({ documentName }) => {
        const { rows } = await pool.query<{ state: Buffer }>(
          'SELECT state FROM bench_stock_documents WHERE name = $1',
          [documentName],
        );
        return rows[0] === undefined ? null : new Uint8Array(rows[0].state);
      },
      store: async ({ documentName, state }) => {
        await pool.query(
          'INSERT INTO bench_stock_documents VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET state = excluded.state',
          [documentName, state],
        );
      },
    }),
  ],
});
await server.listen();
console.log(`Stock Hocuspocus is running at http://127.0.0.1:${server.address.port}`);
