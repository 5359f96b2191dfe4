import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { describeListenFault } from './listen-fault.ts';

/** The error of a real attempt; null where it listens. */
async function listen(server: Server, host: string, port: number): Promise<unknown> {
  const failure = await new Promise<unknown>((resolve) => {
    server.once('error', resolve);
    server.listen(port, host, () => resolve(null));
  });
  return failure;
}

it.each([
  ['203.0.113.5', /^HOST=203\.0\.113\.5 is not an address of this machine\. Set HOST to/],
  // Whether there is a name server or not.
  ['nobody.invalid', /HOST=nobody\.invalid.*Set HOST to/],
  ['[::1]:3000', /HOST=\[::1\]:3000.*Set HOST to/],
])('an address that is not this machine’s is named, with the setting: HOST=%s', async (host, sentence) => {
  expect(describeListenFault(await listen(createServer(), host, 0), { host, port: 0 })).toMatch(sentence);
});

it('a port that is taken is named, with the setting', async () => {
  const first = createServer();
  expect(await listen(first, '127.0.0.1', 0)).toBeNull();
  const { port } = first.address() as { port: number };
  const at = { host: '127.0.0.1', port };
  expect(describeListenFault(await listen(createServer(), at.host, port), at)).toBe(
    `port ${port} is in use. Set PORT to another one.`,
  );
  first.close();
});

it.each([
  [{ code: 'EACCES', syscall: 'listen' }, /^port 80 needs more rights than this user has\. Set PORT/],
  [{ code: 'EAFNOSUPPORT', syscall: 'listen' }, /^nobody can listen on HOST=::1 here \(EAFNOSUPPORT\)/],
  [{ code: 'EAI_AGAIN', syscall: 'getaddrinfo', hostname: '::1' }, /HOST=::1 could not be looked up now/],
])('the fault %o has a sentence', (error, sentence) => {
  expect(describeListenFault(error, { host: '::1', port: 80 })).toMatch(sentence);
});

it.each([
  { code: 'EACCES', syscall: 'mkdir' },
  { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'db.example' },
  new Error('something else'),
  null,
])('the fault %o is not about the port', (error) => {
  expect(describeListenFault(error, { host: '127.0.0.1', port: 80 })).toBeNull();
});

it('the server ends with the sentence, before it asks for a database', async () => {
  const server = spawn(process.execPath, [join(import.meta.dirname, '../main.ts')], {
    env: { PATH: process.env.PATH, HOST: '203.0.113.5', PORT: '0', DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
  });
  const [said, [code]] = await Promise.all([text(server.stderr), once(server, 'exit')]);
  expect(code).toBe(1);
  expect(said).toMatch(/^Tablo Chat cannot start: HOST=203\.0\.113\.5 is not an address of this machine\./m);
});
