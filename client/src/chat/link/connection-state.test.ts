import { describe, expect, it } from 'vitest';
import { type ConnectionFacts, decideConnectionState } from './connection-state.ts';

const good: ConnectionFacts = {
  hasNetwork: true,
  isSocketOpen: true,
  failures: 0,
  withoutSocketMs: 0,
  isFocusReady: true,
  reason: null,
  isStoreAway: false,
  obstacle: null,
};
const lost: ConnectionFacts = { ...good, isSocketOpen: false, isFocusReady: false };
const decide = (facts: ConnectionFacts) => decideConnectionState(facts, 5_000);

describe('the state of the connection', () => {
  it.each<[string, ConnectionFacts, string]>([
    ['all is well', good, 'online'],
    ['the open tablo is not up to date', { ...good, isFocusReady: false }, 'connecting'],
    ['the socket has just gone', { ...lost, failures: 1, withoutSocketMs: 100 }, 'connecting'],
    ['the socket failed twice', { ...lost, failures: 2, withoutSocketMs: 100 }, 'offline'],
    ['there is no socket for long', { ...lost, withoutSocketMs: 5_000 }, 'offline'],
    ['the device has no network', { ...lost, hasNetwork: false }, 'offline'],
    ['the device is wrong about having no network', { ...good, hasNetwork: false }, 'online'],
  ])('[R11] when %s', (_title, facts, status) => {
    expect(decide(facts)).toEqual({ status });
  });

  it('[R11] says why, when the server has said', () => {
    expect(decide({ ...good, isFocusReady: false, reason: 'unavailable' })).toEqual({
      status: 'connecting',
      reason: 'unavailable',
    });
  });

  it('[R11] is online, and says why nothing is sent, while the server cannot store messages', () => {
    expect(decide({ ...good, isStoreAway: true })).toEqual({ status: 'online', reason: 'unavailable' });
    expect(decide({ ...good, isFocusReady: false, isStoreAway: true })).toEqual({
      status: 'connecting',
      reason: 'unavailable',
    });
    expect(decide({ ...good, isStoreAway: true, reason: 'unauthenticated' })).toMatchObject({
      reason: 'unauthenticated',
    });
  });

  it('names what keeps sockets from opening, once it is offline', () => {
    const obstacle = 'Set PUBLIC_URL.';
    expect(decide({ ...lost, failures: 2, obstacle })).toEqual({ status: 'offline', obstacle });
    expect(decide({ ...good, isFocusReady: false, obstacle })).toEqual({ status: 'connecting' });
  });

  it('a session that has ended is offline, with its reason, until somebody signs in', () => {
    expect(decide({ ...good, reason: 'unauthenticated' })).toEqual({ status: 'offline', reason: 'unauthenticated' });
  });
});
