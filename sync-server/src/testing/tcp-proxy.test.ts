import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Target, TcpProxy } from './tcp-proxy.ts';
import { until } from './wait.ts';

let server: Server;
let target: Target;
let served: Socket[];
let proxy: TcpProxy;
let isOpen: boolean;

beforeEach(async () => {
  served = [];
  server = createServer((socket) => {
    served.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => socket.write(bytes.toString().toUpperCase()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  target = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  isOpen = true;
  proxy = await TcpProxy.open({ targets: () => (isOpen ? [{ ...target, port: 1 }, target] : []) });
});
afterEach(async () => {
  await proxy.close();
  for (const socket of served) socket.destroy();
  server.close();
});

function dial() {
  const socket = connect(proxy.port, '127.0.0.1');
  let heard = '';
  socket.on('data', (bytes: Buffer) => {
    heard += bytes.toString();
  });
  socket.on('error', () => {});
  return { socket, heard: () => heard };
}

describe('A proxy', () => {
  it('carries both ways, to the first target that takes the connection', async () => {
    const { socket, heard } = dial();
    socket.write('hello');
    await until(() => expect(heard()).toBe('HELLO'));
    socket.end();
    await until(() => expect([socket.destroyed, served[0]?.destroyed]).toEqual([true, true]));
  });

  it('ends a connection for which there is no target', async () => {
    isOpen = false;
    await once(dial().socket, 'close');
    expect(served).toEqual([]);
  });

  it('that is frozen tells neither end of anything, and lets new connections through', async () => {
    const frozen = dial();
    frozen.socket.write('a');
    await until(() => expect(frozen.heard()).toBe('A'));
    proxy.freeze();
    frozen.socket.write('b');
    served[0]?.destroy();
    const other = dial();
    other.socket.write('c');
    await until(() => expect(other.heard()).toBe('C'));
    expect([frozen.heard(), frozen.socket.destroyed]).toEqual(['A', false]);
  });

  it('that is cut ends both ends', async () => {
    const { socket, heard } = dial();
    socket.write('a');
    await until(() => expect(heard()).toBe('A'));
    proxy.cut();
    await until(() => expect([socket.destroyed, served[0]?.destroyed]).toEqual([true, true]));
  });
});
