import type { ReasonCode } from '@tablo/schema/close-codes';
import type { UserId } from '@tablo/schema/ids';
import { err, ok } from '@tablo/schema/result';
import { expect, it } from 'vitest';
import type { Claims } from '../../access/tokens/claims.ts';
import type { TokenFault } from '../../access/tokens/jwt-check.ts';
import { createSocketState, type SocketState } from './socket-state.ts';
import { TokenChecks } from './token-checks.ts';

const alice = 'alice' as UserId;

/** Tokens that begin with `good` are good, and remembered once they were found so. An address may have so many looked at. */
function openChecks(allowed: number, fault: TokenFault = 'unauthenticated') {
  const verified: string[] = [];
  const paid: string[] = [];
  const clock = { now: 0, isKeyKnown: true };
  const isGood = (token: string): boolean =>
    token.startsWith('good') || (clock.isKeyKnown && token.startsWith('of a new key'));
  const checks = new TokenChecks(
    {
      remembers: (token) => isGood(token) && verified.includes(token),
      verify: async (token) => {
        verified.push(token);
        return isGood(token) ? ok({ userId: alice } as Claims) : err(fault);
      },
    },
    {
      take: (rate, address) => {
        paid.push(`${rate} ${address}`);
        return paid.length <= allowed;
      },
    },
    () => clock.now,
  );
  const ended: ReasonCode[] = [];
  const open = (userId: UserId | null): SocketState => {
    const socket = createSocketState({
      isBridged: false,
      address: '203.0.113.7',
      unread: () => 0,
      stopReading() {},
      goOnReading() {},
      end: (reason) => {
        socket.isEnded = true;
        ended.push(reason);
      },
    });
    socket.userId = userId;
    return socket;
  };
  return { checks, verified, paid, ended, open, clock };
}

const answersOf = (checks: TokenChecks, socket: SocketState, tokens: readonly string[]) =>
  Promise.all(
    tokens.map(async (token) => {
      const answer = await checks.check(socket, token);
      return answer.ok ? 'ok' : answer.error;
    }),
  );
const forged = (count: number): string[] => Array.from({ length: count }, (_, nth) => `forged ${nth}`);

it('[R11] a stranger’s forged tokens, all at once on one socket, are three checks, and the end of the socket', async () => {
  const { checks, verified, ended, open } = openChecks(1_000);
  await answersOf(checks, open(null), forged(850));
  expect([verified.length, ended]).toEqual([3, ['unauthenticated']]);
});

it('[R11] an address pays for each token that is not remembered, on however many sockets, and is refused beyond its rate', async () => {
  const { checks, verified, paid, open } = openChecks(2);
  const answers = await Promise.all(forged(5).map((token) => answersOf(checks, open(null), [token])));
  expect(answers.flat()).toEqual([
    'unauthenticated',
    'unauthenticated',
    'rate-limited',
    'rate-limited',
    'rate-limited',
  ]);
  expect([verified.length, new Set(paid)]).toEqual([2, new Set(['token-checks 203.0.113.7'])]);
});

it('[R11] a member’s bad tokens are paid for as well, and do not end the socket', async () => {
  const { checks, verified, ended, open } = openChecks(10);
  const answers = await answersOf(checks, open(alice), forged(50));
  expect([verified.length, ended, answers.at(-1)]).toEqual([10, [], 'rate-limited']);
});

it('[R7] a token that is sent for hundreds of tablos is one check, whether it is good or has expired', async () => {
  const { checks, verified, paid, ended, open } = openChecks(10, 'token-expired');
  const socket = open(null);
  const expired = await answersOf(checks, socket, Array(400).fill('expired'));
  const good = await answersOf(checks, socket, Array(400).fill('good'));
  const renewed = await answersOf(checks, open(alice), Array(400).fill('good again'));
  expect([new Set(expired), new Set([...good, ...renewed])]).toEqual([new Set(['token-expired']), new Set(['ok'])]);
  expect([paid.length, verified, ended]).toEqual([3, ['expired', 'good', 'good again'], []]);
});

it('[R11] while the issuer’s keys cannot be had, no token counts as a bad one', async () => {
  const { checks, ended, open } = openChecks(100, 'unavailable');
  expect(new Set(await answersOf(checks, open(null), forged(20)))).toEqual(new Set(['unavailable']));
  expect(ended).toEqual([]);
});

it('[R11] a token of a key that was not known yet is looked at again later, on the same socket, and counts as one', async () => {
  const { checks, verified, ended, open, clock } = openChecks(100);
  clock.isKeyKnown = false;
  const socket = open(null);
  for (; clock.now < 30_000; clock.now += 1_000)
    expect(await answersOf(checks, socket, ['of a new key'])).toEqual(['unauthenticated']);
  expect([verified.length, ended]).toEqual([10, []]);
  clock.isKeyKnown = true;
  expect(await answersOf(checks, socket, ['of a new key'])).toEqual(['ok']);
});
