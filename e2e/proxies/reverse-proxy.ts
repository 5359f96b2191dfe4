/** A reverse proxy as people write them: it may forget to pass the Host header on, and to let WebSockets through; and it may have other applications beside. */
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

/** A server below a path: `/chat`. */
export interface Mount {
  readonly path: string;
  readonly target: string;
  /** What it passes on has no path: nginx with `proxy_pass http://127.0.0.1:3000/;`. */
  readonly takesPathOff: boolean;
}

export async function openReverseProxy(target: string | readonly Mount[]): Promise<ReverseProxy> {
  const sockets = new Set<Socket>();
  /** Where a request goes; null: to another application at this origin. */
  const routeOf = (url: string): { readonly to: URL; readonly path: string } | null => {
    if (typeof target === 'string') return { to: new URL(target), path: url };
    const mount = target.find(({ path }) => url.startsWith(`${path}/`));
    if (mount === undefined) return null;
    return { to: new URL(mount.target), path: mount.takesPathOff ? url.slice(mount.path.length) : url };
  };
  const headersOf = (headers: IncomingHttpHeaders, to: URL): IncomingHttpHeaders => ({
    ...headers,
    ...(proxy.passesHost ? {} : { host: to.host }),
    ...proxy.says,
  });
  const server = createServer((request, response) => {
    const { method, url = '', headers } = request;
    const route = routeOf(url);
    if (route === null) {
      response.writeHead(404, { 'Content-Type': 'text/html' }).end('<title>Another application</title>');
      return;
    }
    const { to, path } = route;
    const where = { hostname: to.hostname, port: to.port, path };
    const onward = ask({ ...where, method, headers: headersOf(headers, to) }, (answer) => {
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
    const route = routeOf(request.url ?? '');
    if (route === null) return void socket.destroy();
    if (proxy.upgrades !== 'pass') {
      socket.end(`HTTP/1.1 ${proxy.upgrades} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      return;
    }
    const onward = connect(Number(route.to.port), route.to.hostname);
    onward.on('error', () => socket.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    const lines = Object.entries(headersOf(request.headers, route.to)).map(([name, value]) => `${name}: ${value}`);
    onward.write(`GET ${route.path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
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
