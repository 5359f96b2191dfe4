/**
 * A proxy in front of PostgreSQL that can behave as a connection pooler does. Every client signs in over a connection of its own; with `shares`, each of its transactions
 * then goes to whichever of all these connections has been free for longest, as PgBouncer's does in transaction mode. With `refuses`, it refuses every client for a
 * startup parameter.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Pooler {
  /** The database's address through it. */
  readonly url: string;
  shares: boolean;
  refuses: string | null;
  /** How many clients have come. */
  readonly opened: number;
  /** As after a failover: every connection ends. */
  cutAll(): void;
  close(): Promise<void>;
}

const READY_FOR_QUERY = 'Z'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);
const IDLE = 'I'.charCodeAt(0);
const SSL_REQUEST = 80_877_103;

interface Client {
  readonly socket: Socket;
  /** Whose answers it gets; null between transactions. */
  backend: Backend | null;
  readonly waiting: Buffer[];
}

interface Backend {
  readonly socket: Socket;
  client: Client | null;
}

export async function openPooler(databaseUrl: string): Promise<Pooler> {
  const target = new URL(databaseUrl);
  const clients = new Set<Client>();
  /** Free for longest first. */
  const free: Backend[] = [];
  const all = new Set<Socket>();
  let opened = 0;

  const pump = (): void => {
    for (const client of clients) {
      if (client.waiting.length === 0) continue;
      client.backend ??= free.shift() ?? null;
      if (client.backend === null) return;
      client.backend.client = client;
      for (const message of client.waiting.splice(0)) client.backend.socket.write(message);
    }
  };

  /** Its answers go to its client; between transactions it is anybody's. */
  const watch = (backend: Backend): void => {
    backend.socket.on(
      'data',
      splitMessages((message) => {
        const { client } = backend;
        client?.socket.write(message);
        if (!pooler.shares || message[0] !== READY_FOR_QUERY || message[5] !== IDLE) return;
        backend.client = null;
        if (client !== null) client.backend = null;
        free.push(backend);
        pump();
      }),
    );
  };

  const server = createServer((socket) => {
    all.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', function start(startup: Buffer): void {
      if (startup.readInt32BE(4) === SSL_REQUEST) {
        socket.write('N');
        socket.once('data', start);
        return;
      }
      if (pooler.refuses !== null) {
        socket.end(fatal('08P01', `unsupported startup parameter: ${pooler.refuses}`));
        return;
      }
      opened += 1;
      const client: Client = { socket, backend: null, waiting: [] };
      const backend: Backend = { socket: connect(Number(target.port), target.hostname), client };
      all.add(backend.socket);
      client.backend = backend;
      clients.add(client);
      backend.socket.on('error', () => backend.socket.destroy());
      backend.socket.once('close', () => backend.client?.socket.destroy());
      backend.socket.write(startup);
      watch(backend);
      socket.on(
        'data',
        splitMessages((message) => {
          if (message[0] === TERMINATE) return void socket.end();
          client.waiting.push(message);
          pump();
        }),
      );
      socket.once('close', () => {
        clients.delete(client);
        // Unshared it ends with its client; in the middle of a transaction too, so that it is rolled back.
        client.backend?.socket.destroy();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = (): void => {
    free.length = 0;
    for (const socket of all) socket.destroy();
    all.clear();
  };
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pooler: Pooler = {
    url: url.href,
    shares: false,
    refuses: null,
    get opened() {
      return opened;
    },
    cutAll,
    close: async () => {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return pooler;
}

/** Whole messages: a type, a length that counts itself, a body (PostgreSQL documentation, section 54.7). */
function splitMessages(handle: (message: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length > rest.readInt32BE(1)) {
      const end = 1 + rest.readInt32BE(1);
      const message = rest.subarray(0, end);
      rest = rest.subarray(end);
      handle(message);
    }
  };
}

function fatal(code: string, message: string): Buffer {
  const body = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
