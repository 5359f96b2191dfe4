import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { boundNewConnections } from '../access/limits/new-connections.ts';
import { untilWithin } from '../testing/wait.ts';
import { type ConnectionLimit, HTTP_TIMEOUTS, HttpConnections, PIPELINED_MAX } from './http-connections.ts';

const QUICK = {
  ...HTTP_TIMEOUTS,
  firstRequestMs: 100,
  bodyMs: 100,
  bodyBytesPerSecond: 1_000_000,
  stallMs: 200,
  sweepMs: 20,
};

const servers: Server[] = [];
const clients: Socket[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function open(listener: RequestListener, changes: { perAddress?: number; all?: number; quick?: object } = {}) {
  const bitten: ConnectionLimit[] = [];
  const server = createServer({ keepAliveTimeout: 60_000 });
  servers.push(server);
  const connectionsPerAddress = changes.perAddress ?? 100;
  const mayOpen = boundNewConnections(connectionsPerAddress);
  const bounds = { connections: changes.all ?? 100, connectionsPerAddress, mayOpen };
  const timeouts = { ...QUICK, ...changes.quick };
  const connections = new HttpConnections(server, bounds, (limit) => bitten.push(limit), timeouts);
  server.on('request', connections.watch(listener));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const dial = async (text = '') => {
    const socket = connect(port, '127.0.0.1');
    clients.push(socket);
    socket.on('error', () => {}); // Reset by the server: `closed` tells.
    await once(socket, 'connect');
    if (text !== '') socket.write(text);
    return socket;
  };
  return { connections, bitten, dial };
}

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';
const ended = (socket: Socket) =>
  new Promise<void>((resolve) => {
    if (socket.closed) resolve();
    else socket.resume().once('close', () => resolve());
  });
const until = untilWithin(15_000);

it('[R11] an address that opens one connection after the other is not listened to any more, though none of them is open', async () => {
  const { dial, connections, bitten } = await open((_request, response) => void response.end('yes'), { perAddress: 4 });
  const single = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  for (let nth = 0; nth < 8; nth += 1) await ended(await dial(single));
  await until(() => expect(connections.size).toBe(0));
  expect(bitten).toEqual([]);
  // Some more, since a machine may be so slow that one is new again meanwhile.
  const answers = await Promise.all(Array.from({ length: 20 }, async () => ended(await dial())));
  expect(answers).toHaveLength(20);
  expect(new Set(bitten)).toEqual(new Set(['address-connections']));
});

describe('a connection', () => {
  it.each([
    ['that never says anything', ''],
    ['with half a request', 'GET / HTTP/1.1\r\nHost'],
    ['whose body does not come', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx'],
  ])('[R11] a connection %s ends by itself', async (_, text) => {
    const { connections, dial } = await open(() => {});
    await ended(await dial(text));
    await until(() => expect(connections.size).toBe(0));
  });

  it('[R11] a connection whose body comes byte by byte ends as well: every byte is a sign of life, and none is enough', async () => {
    const { dial, bitten } = await open(() => {}, { quick: { bodyBytesPerSecond: 1_000 } });
    const socket = await dial('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n');
    const drip = setInterval(() => socket.write('x'), 10);
    await ended(socket);
    clearInterval(drip);
    expect(bitten).toContain('stalled');
  });

  it('[R11] a connection whose body goes on, byte by byte, after its answer was sent ends as well', async () => {
    const { dial, bitten } = await open((_request, response) => void response.end('no'), {
      quick: { bodyBytesPerSecond: 1_000 },
    });
    const socket = await dial('GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toContain('200 OK');
    const drip = setInterval(() => socket.write('x'), 10);
    await ended(socket);
    clearInterval(drip);
    expect(bitten).toEqual(['stalled']);
  });

  it('[R11] a connection whose bodies come after their answers goes on, however many they are', async () => {
    const { dial, bitten, connections } = await open((_request, response) => void response.end('no'), {
      quick: { bodyMs: 10_000 },
    });
    const socket = await dial();
    for (let nth = 0; nth < 3 * PIPELINED_MAX; nth += 1) {
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n');
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toContain('200 OK');
      socket.write('abc');
    }
    expect([connections.size, bitten]).toEqual([1, []]);
  });

  it('[R11] a connection that does not read its answer ends, and what was made for it goes', async () => {
    const body = Buffer.alloc(64 * 1_024 * 1_024);
    const { connections, dial, bitten } = await open((_request, response) => void response.end(body));
    const socket = await dial(GET);
    socket.pause();
    await until(() => expect(connections.size).toBe(0));
    expect(bitten).toEqual(['stalled']);
  });

  it('[R11] a connection that reads slowly, and goes on reading, gets all of it', async () => {
    const body = Buffer.alloc(24 * 1_024 * 1_024);
    const { dial, bitten } = await open((_request, response) => void response.end(body), { quick: { stallMs: 1_000 } });
    const socket = await dial(GET);
    let received = 0;
    // In steps, each of which leaves it silent for a while.
    socket.on('data', (chunk: Buffer) => {
      received += chunk.byteLength;
      socket.pause();
      setTimeout(() => socket.resume(), 4);
    });
    await until(() => expect(received).toBeGreaterThan(body.byteLength));
    expect(bitten).toEqual([]);
  });

  it('[R11] a connection waits as long as it takes for a handler that is at work', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { dial } = await open((_request, response) => void promise.then(() => response.end('late')), {
      quick: { stallMs: 100, firstRequestMs: 300 },
    });
    const socket = await dial(GET);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    // Far longer than any of the times above, and told by the server's own sweeps.
    const other = await dial();
    await ended(other);
    await ended(await dial());
    resolve();
    await until(() => expect(text).toContain('late'));
  });

  it('[R11] a connection that asks for many things at once before the first is answered ends', async () => {
    let asked = 0;
    const { dial } = await open(() => {
      asked += 1;
    });
    await ended(await dial(GET.repeat(100)));
    expect(asked).toBe(PIPELINED_MAX);
  });
});

describe('connections', () => {
  it('[R11] connections of one address have a bound: an idle one makes room, and where all are at work, the newest is refused', async () => {
    const { connections, bitten, dial } = await open(() => {}, { perAddress: 3, quick: { firstRequestMs: 60_000 } });
    const idle = await dial();
    await dial(GET);
    await dial(GET);
    await until(() => expect(connections.size).toBe(3));
    await dial(GET);
    await ended(idle);
    await until(() => expect(connections.size).toBe(3));
    await ended(await dial(GET));
    expect(connections.size).toBe(3);
    expect(bitten.slice(0, 2)).toEqual(['address-connections', 'address-connections']);
  });

  it('[R11] connections of all addresses have a bound as well', async () => {
    const { connections, bitten, dial } = await open(() => {}, { all: 2, quick: { firstRequestMs: 60_000 } });
    const first = await dial();
    await dial();
    await dial();
    await ended(first);
    expect([connections.size, bitten[0]]).toEqual([2, 'connections']);
  });
});
