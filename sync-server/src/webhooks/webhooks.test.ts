import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { waitAfter } from './deliverer.ts';
import { Poster } from './post.ts';
import { sign } from './sign.ts';

describe('a signature', () => {
  it('is what Standard Webhooks makes of the same', () => {
    // Made by the library `standardwebhooks` 1.1.1.
    const secret = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
    const signed = sign([secret], 'msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', 1_614_265_330_999);
    expect(signed).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('is there for each secret, so that one can be replaced', () => {
    const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const both = sign([first, second], 'x', '{}', 0)['webhook-signature'];
    const each = [first, second].map((secret) => sign([secret], 'x', '{}', 0)['webhook-signature']);
    expect(both).toBe(each.join(' '));
  });
});

it('[R11] who fails waits longer each time, up to an hour, and not all for the same time', () => {
  const waits = Array.from({ length: 30 }, (_, failures) => waitAfter(failures, () => 1));
  expect(waits.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
  expect(Math.max(...waits)).toBe(3_600_000);
  expect(waitAfter(3, () => 0)).toBe(4_000);
});

describe('one POST', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  async function open(listener: RequestListener, deadlineMs = 300) {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const poster = new Poster(1, deadlineMs);
    closers.push(
      () => poster.close(),
      () => void server.close(),
      () => server.closeAllConnections(),
    );
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const post = (signal = new AbortController().signal) => poster.post({ url, headers: {}, body: '{}', signal });
    return { server, post };
  }

  /** A server that does not speak HTTP as it should. */
  async function openRaw(answer: (socket: Socket) => void) {
    const server = createTcpServer((socket) => {
      socket.on('error', () => {}); // The other side has gone.
      socket.once('data', () => answer(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const poster = new Poster(1, 5_000);
    closers.push(
      () => poster.close(),
      () => void server.close(),
    );
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    return () => poster.post({ url, headers: {}, body: '{}', signal: new AbortController().signal });
  }

  it('is taken with 2xx and nothing else, and follows no redirect', async () => {
    const statuses = [200, 202, 204, 301, 307, 400, 410, 500];
    const paths: string[] = [];
    const { post } = await open((request, response) => {
      paths.push(request.url ?? '');
      response.writeHead(statuses[paths.length - 1] ?? 200, { Location: '/elsewhere' }).end();
    });
    const answers: (string | null)[] = [];
    for (const _ of statuses) answers.push(await post());
    expect(answers).toEqual([null, null, null, ...statuses.slice(3).map((status) => `answered ${status}`)]);
    expect(new Set(paths)).toEqual(new Set(['/']));
  });

  it('[R11] waits for an answer so long and no longer, and reads only so much of it', async () => {
    const { post } = await open(() => {});
    expect(await post()).toBe('no answer within 0.3 s');
    const endless = await open((request, response) => {
      response.writeHead(200);
      const more = () => void (response.destroyed || response.write(Buffer.alloc(65_536), () => setImmediate(more)));
      more();
      request.resume();
    });
    const ended = new Promise((resolve) => endless.server.on('connection', (socket) => socket.on('close', resolve)));
    expect(await endless.post()).toBeNull();
    await ended;
  });

  it('is sent again at once where an idle connection had ended; where nobody listens, it says so', async () => {
    let asked = 0;
    const { server, post } = await open((request, response) => {
      asked += 1;
      // The second request meets a connection that ends under it.
      if (asked === 2) request.socket.destroy();
      else response.end();
    });
    expect([await post(), await post(), asked]).toEqual([null, null, 3]);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await post()).toBe('ECONNREFUSED');
  });

  it('[R11] ends where the other side answers with another protocol, or goes without a word', async () => {
    const switching = await openRaw((socket) =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
    );
    expect(await switching()).toBe('answered 101');
    const silent = await openRaw((socket) => socket.end());
    expect(await silent()).toBe('ECONNRESET');
  });

  it('[R11] holds no connection for an answer that trickles: the next one does not wait for it', async () => {
    let asked = 0;
    const { post } = await open((request, response) => {
      asked += 1;
      request.resume();
      response.writeHead(200).write('.');
    }, 60_000);
    // One connection at a time, which the first answer would hold for a minute.
    expect([await post(), await post(), asked]).toEqual([null, null, 2]);
  });

  it('goes without TLS only where a name leads within a private network', async () => {
    const { server } = await open((_, response) => void response.end());
    const { port } = server.address() as AddressInfo;
    const lead = (address: string) => {
      const poster = new Poster(1, 2_000, (_, options, callback) =>
        options.all === true ? callback(null, [{ address, family: 4 }]) : callback(null, address, 4),
      );
      closers.push(() => poster.close());
      const signal = new AbortController().signal;
      return poster.post({ url: `http://app.internal:${port}/`, headers: {}, body: '{}', signal });
    };
    expect(await lead('127.0.0.1')).toBeNull();
    expect(await lead('192.0.2.7')).toMatch(/^not within a private network/);
  });

  it('is broken off when the server stops, and is no failure then', async () => {
    const stopping = new AbortController();
    const { post } = await open(() => stopping.abort());
    await expect(post(stopping.signal)).rejects.toThrow();
  });
});
