/** A reverse proxy as people write them: it may forget to pass the Host header on, and to let WebSockets through. */
import { request as ask, createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ReverseProxy {
  /** What people open. */
  readonly url: string;
  /** nginx's default does not. */
  passesHost: boolean;
  /** What it says of the request, where it says anything. */
  says: Readonly<Record<string, string>>;
  /** A status: what an upgrade is answered with. */
  upgrades: 'pass' | 'hang' | number;
  /** Ends every WebSocket. */
  cutAll(): void;
  close(): Promise<void>;
}

export async function openReverseProxy(target: string): Promise<ReverseProxy> {
  const { hostname, port, host } = new URL(target);
  const sockets = new Set<Socket>();
  const headersOf = (headers: IncomingHttpHeaders): IncomingHttpHeaders => ({
    ...headers,
    ...(proxy.passesHost ? {} : { host }),
    ...proxy.says,
  });
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const onward = ask({ hostname, port, method, path: url, headers: headersOf(headers) }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('upgrade', (request, stream, head) => {
    const socket = stream as Socket;
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    if (proxy.upgrades === 'hang') return;
    if (proxy.upgrades !== 'pass') {
      socket.end(`HTTP/1.1 ${proxy.upgrades} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    const onward = connect(Number(port), hostname);
    onward.on('error', () => socket.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    const lines = Object.entries(headersOf(request.headers)).map(([name, value]) => `${name}: ${value}`);
    onward.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    socket.pipe(onward).pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  const proxy: ReverseProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passesHost: false,
    says: {},
    upgrades: 'pass',
    cutAll,
    close: async () => {
      cutAll();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}
