// Which tests need what: `unit` needs nothing, `pg` one PostgreSQL for the run, `browser` the built page, a Chromium
// and the real server. TEST_DATABASE_URL names a PostgreSQL to use instead of the throwaway one.
import { defineConfig } from 'vitest/config';

const packages = '{schema,sync-server,client,e2e,bench,scripts}';
const postgres = ['./sync-server/src/db/testing/test-global-setup.ts'];

export default defineConfig({
  test: {
    // One process per core is plenty: the database and the browser work beside the tests.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: [`${packages}/**/*.test.{ts,tsx}`],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.{pg,e2e}.test.{ts,tsx}'],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'pg',
          include: [`${packages}/**/*.pg.test.ts`],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: postgres,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['e2e/**/*.e2e.ts', 'e2e/**/*.e2e.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: postgres,
          // A browser and a server per file fill two cores.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
