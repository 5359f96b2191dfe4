import { once } from 'node:events';
import { connect } from 'node:net';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { expect, it } from 'vitest';
import { openDatabase } from '../../support/database.ts';
import { startServer } from '../../support/server.ts';

const readCpuSeconds = async (url: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^tablo_process_cpu_seconds_total (\S+)$/m.exec(text)?.[1]);
};

it('[R11] a server whose log nobody reads any more goes on, and does not spin', async () => {
  const database = await openDatabase();
  const server = await startServer({ env: { DATABASE_URL: database.url, LOG_LEVEL: 'debug' } });
  server.closeOutput();
  // Lines of log: at this level every damaged frame is one.
  const sendNonsense = async () => {
    const socket = connect(server.port, '127.0.0.1');
    socket.write(
      'GET /sync HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await once(socket, 'data');
    socket.write(Uint8Array.of(0xff, 0xff, 0xff, 0xff));
    socket.resume();
    await once(socket, 'close');
  };
  for (let nth = 0; nth < 5; nth += 1) await sendNonsense();
  const [startedAt, before] = [performance.now(), await readCpuSeconds(server.url)];
  await untilTrue('a second has passed', () => performance.now() - startedAt > 1_000);
  const spent = (await readCpuSeconds(server.url)) - before;
  expect(spent).toBeLessThan(0.5);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  await server.stop();
  await database.close();
});
