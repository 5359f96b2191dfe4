import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { isDatabaseAway, markDatabaseError } from './database-away.ts';

const withCode = (code: string) => Object.assign(new Error('failed'), { code });

describe('isDatabaseAway', () => {
  it.each(['ECONNREFUSED', '57P01', '53300', '53100', '08006', '25006', '57014', '40P01', '55P03', '28P01', '3D000'])(
    '[R11] holds for %s',
    (code) => {
      expect(isDatabaseAway(withCode(code))).toBe(true);
      expect(isDatabaseAway(new AggregateError([withCode(code)]))).toBe(true);
    },
  );

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'])(
    '[R11] holds for %s of a connection to the database, and of no other',
    (code) => {
      const error = withCode(code);
      expect(isDatabaseAway(error)).toBe(false);
      markDatabaseError(error);
      expect(isDatabaseAway(error)).toBe(true);
      expect(isDatabaseAway(new AggregateError([error]))).toBe(true);
    },
  );

  it('[R11] isDatabaseAway holds for a pool of a server that is stopping', async () => {
    const pool = new pg.Pool({ connectionString: 'postgres://127.0.0.1:1/x' });
    await pool.end();
    const error = await pool.query('SELECT 1').catch((thrown: unknown) => thrown);
    expect(isDatabaseAway(error)).toBe(true);
  });

  it('[R11] isDatabaseAway does not hold for a client that hangs up in the middle of its request', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const broken = new Promise<Error>((resolve) => {
      server.on('request', (request) => request.on('error', resolve).resume());
    });
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.end('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx');
    expect(await broken).toMatchObject({ code: 'ECONNRESET' });
    expect(isDatabaseAway(await broken)).toBe(false);
    server.close();
  });

  it('isDatabaseAway holds for what pg says in words', () => {
    expect(isDatabaseAway(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isDatabaseAway(new Error('timeout exceeded when trying to connect'))).toBe(true);
  });

  it.each(['23505', '42P01', '25P02', '22P02', 'ERR_INVALID_ARG_TYPE'])(
    'does not hold for %s, which is our mistake',
    (code) => {
      expect(isDatabaseAway(withCode(code))).toBe(false);
    },
  );

  it('isDatabaseAway does not hold for anything else', () => {
    expect(isDatabaseAway(new Error('x is not a function'))).toBe(false);
    expect(isDatabaseAway('x')).toBe(false);
  });
});
