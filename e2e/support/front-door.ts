// A proxy before the server that can have a newer page than the server: its service worker differs, as after an update.
import { once } from 'node:events';
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

export interface FrontDoor {
  readonly url: string;
  /** From now on there is a newer version of the page. */
  publish(): void;
  close(): Promise<void>;
}

export async function openFrontDoor(target: string): Promise<FrontDoor> {
  const { hostname, port } = new URL(target);
  let version = 1;

  const forward = (request: IncomingMessage, response: ServerResponse) => {
    const { method, url, headers } = request;
    const isWorker = url === '/sw.js';
    const passed = isWorker ? { ...headers, 'accept-encoding': 'identity', 'if-none-match': '' } : headers;
    const onward = ask({ hostname, port, method, path: url, headers: passed }, (answer) => {
      const { etag: _, 'content-length': length, ...kept } = answer.headers;
      if (!isWorker) {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        return answer.pipe(response);
      }
      const mark = Buffer.from(`\n// ${version}\n`);
      response.writeHead(answer.statusCode ?? 502, { ...kept, 'content-length': Number(length) + mark.byteLength });
      answer.on('data', (part: Buffer) => response.write(part));
      return answer.on('end', () => response.end(mark));
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };

  const server = createServer(forward);
  server.on('upgrade', ({ method, url, rawHeaders }, socket, head) => {
    const onward = connect(Number(port), hostname, () => {
      const lines = Array.from(
        { length: rawHeaders.length / 2 },
        (_, at) => `${rawHeaders[2 * at]}: ${rawHeaders[2 * at + 1]}`,
      );
      onward.write(`${method} ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    // Either end may go first; the other one follows.
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publish: () => {
      version += 1;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
