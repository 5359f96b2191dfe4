/** docs/several-nodes: Caddy in front of two real servers, as the compose file starts them. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMessage } from '@tablo/schema/entry';
import { freePort } from '@tablo/sync-server/base/free-port';
import { OPTIONS } from '@tablo/sync-server/config/config-options';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NodeStage, newUser, openNodeStage } from './node-stage.ts';
import { StockClient } from './stock-client.ts';

const FOLDER = join(import.meta.dirname, '../../docs/several-nodes');
const PROGRAM = 'caddy';
const isThere = spawnSync(PROGRAM, ['version'], { stdio: 'ignore' }).status === 0;

describe('the compose file of several nodes', () => {
  it('names no setting that the server does not have, and starts both servers with the same ones.', async () => {
    const compose = await readFile(join(FOLDER, 'compose.yml'), 'utf8');
    const block = /^ {2}environment:\n((?: {4}.*\n)+)/m.exec(compose)?.[1] ?? '';
    const names = [...block.matchAll(/^ {4}([A-Z_]+):/gm)].map(([, name]) => name);
    expect(names).toContain('REDIS_URL');
    expect(names.filter((name) => name === undefined || !(name in OPTIONS))).toEqual([]);
    expect([...compose.matchAll(/^ {2}chat-\d:\n {4}<<: \*chat$/gm)]).toHaveLength(2);
  });
});

describe.skipIf(!isThere)(`Caddy in front of two servers${isThere ? '' : ' (skipped: caddy is not installed)'}`, () => {
  let stage: NodeStage;
  let caddy: ChildProcess;
  let folder: string;
  let url: string;
  beforeAll(async () => {
    stage = await openNodeStage(2, { TRUST_PROXY: 'yes' });
    await stage.haveMet();
    folder = await mkdtemp(join(tmpdir(), 'tablo-caddy-'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const file = join(folder, 'Caddyfile');
    await writeFile(file, (await readFile(join(FOLDER, 'Caddyfile'), 'utf8')).replace(':8080', url));
    const [one, other] = stage.nodes.map((node) => new URL(node.url).host);
    caddy = spawn(PROGRAM, ['run', '--config', file, '--adapter', 'caddyfile'], {
      stdio: 'ignore',
      env: {
        ...process.env,
        ...{ CHAT_1: one, CHAT_2: other },
        ...{ HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      },
    });
    await untilTrue('Caddy answers', async () => (await fetch(`${url}/readyz`).catch(() => null))?.status === 200);
  });
  afterAll(async () => {
    const ended = once(caddy, 'exit');
    caddy.kill('SIGTERM');
    await ended;
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('[R11] Page, posts and sockets come through, and go on when one server stops and when one is killed.', async () => {
    const [alice, bob] = [newUser(), newUser()];
    const tablo = await stage.addTablo([alice, bob]);
    const post = async (text: string): Promise<number> => {
      const answer = await fetch(`${url}/chat/channels/${tablo}/messages`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tokenOf(alice)}`, 'content-type': 'application/json' },
        body: JSON.stringify({ text }),
      });
      await answer.body?.cancel();
      return answer.status;
    };
    const clients = [alice, bob].map((user) => new StockClient(url, tablo, user));
    await untilTrue('both have joined', () => clients.every(({ provider }) => provider.isSynced));
    expect((await fetch(url)).headers.get('content-type')).toMatch('text/html');
    expect([await post('one'), await post('two')]).toEqual([201, 201]);
    const [first, second] = stage.nodes;
    const stopped = first?.stop();
    const during: number[] = [];
    for (let nth = 0; nth < 20; nth += 1) during.push(await post(`while it stops ${nth}`));
    expect(new Set(during)).toEqual(new Set([201]));
    expect(await stopped).toBe(0);
    expect(await post('stopped')).toBe(201);
    await first?.restart();
    await stage.haveMet();
    await untilTrue('Caddy knows it again', async () =>
      (await Promise.all([post('a'), post('b')])).every((is) => is === 201),
    );
    await second?.kill();
    await untilTrue('what is posted goes to the other one', async () => (await post('killed')) === 201);
    clients[0]?.push(createMessage({ author: alice, sentAt: Date.now() }, 'typed'));
    for (const client of clients)
      await untilTrue('both have it', () =>
        ['typed', 'killed', 'stopped'].every((text) => client.texts.includes(text)),
      );
    expect(await stage.audit()).toEqual([]);
    for (const client of clients) client.close();
  }, 180_000);
});
