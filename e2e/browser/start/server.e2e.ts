// The server process under the other tests: started, stopped and killed as an operator and a power cut do.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../support/database.ts';
import { startServer } from '../../support/server.ts';
import { eventually } from '../../support/stage.ts';

const isReady = async (url: string) => (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200;

describe('startServer', () => {
  it('[R11] startServer serves a database it is given, stops on SIGTERM with code 0, and comes back at the same address', async () => {
    const database = await openDatabase();
    const server = await startServer({ env: { DATABASE_URL: database.url } });
    expect(await isReady(server.url)).toBe(true);
    expect(await server.stop()).toBe(0);
    expect(await isReady(server.url)).toBe(false);
    await server.restart();
    expect(await isReady(server.url)).toBe(true);
    await server.stop();
    await database.close();
  });

  it('[R11] startServer brings its own PostgreSQL under DATA_DIR, also after a SIGKILL', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'tablo-data-'));
    const server = await startServer({ env: { DATA_DIR: dataDir } });
    await server.kill();
    await server.restart();
    expect(await isReady(server.url)).toBe(true);
    // Asked what a start would do, while it runs: it has to be stopped, and there is nothing else.
    const asked = await startServer({
      env: { DATA_DIR: dataDir },
      args: ['--check'],
      port: server.port,
      isReadyAwaited: false,
    });
    expect(await asked.ended()).toBe(0);
    await eventually(() => asked.output()).toMatch(
      /note .*answers on port \d+ now[\s\S]*note .*\(process \d+\) runs on[\s\S]*All \d+ migrations have run[\s\S]*A start would change nothing/,
    );
    expect(await isReady(server.url)).toBe(true);
    expect(await server.stop()).toBe(0);
    await rm(dataDir, { recursive: true, force: true });
  });

  it('startServer says why a server did not start', async () => {
    await expect(startServer({ env: { DATABASE_URL: 'nonsense' } })).rejects.toThrow(
      /ended with 1:[\s\S]*DATABASE_URL/,
    );
  });
});
