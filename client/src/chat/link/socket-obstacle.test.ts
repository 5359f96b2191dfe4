import { describe, expect, it, vi } from 'vitest';
import { createObstacleFinder, type FindObstacle, SocketObstacle } from './socket-obstacle.ts';

const answering =
  (status: number, body: unknown): typeof fetch =>
  async () =>
    new Response(JSON.stringify(body), { status });

describe('why no socket opens', () => {
  it.each([
    [
      'the server refuses pages of this address',
      200,
      { identity: 'built-in', sockets_refused: 'Set PUBLIC_URL.' },
      /refused here\. Set PUBLIC_URL\.$/,
      true,
    ],
    ['something between lets none through', 200, { identity: 'external' }, /WebSocket/, false],
  ])('is told when %s', async (_, status, body, sentence, isCertain) => {
    const found = await createObstacleFinder('http://x', answering(status, body))();
    expect(found).toEqual({ sentence: expect.stringMatching(sentence), isCertain });
  });

  it('is not known when the server does not answer, or something else does in its place', async () => {
    const away: typeof fetch = () => Promise.reject(new TypeError('away'));
    for (const fetchImpl of [away, answering(503, {}), answering(200, 'a sign-in page')])
      expect(await createObstacleFinder('http://x', fetchImpl)()).toBeNull();
  });
});

describe('what stands in the way of sockets', () => {
  const blocked = { sentence: 'Blocked.', isCertain: false };

  it('is asked for after two failures, and a guess is said after another one', async () => {
    const find = vi.fn(async () => blocked);
    const obstacle = new SocketObstacle(find, { noteChanged: () => undefined });
    obstacle.noteFailed();
    expect(find).not.toHaveBeenCalled();
    obstacle.noteFailed();
    await vi.waitFor(() => expect(find).toHaveBeenCalledTimes(1));
    expect(obstacle.sentence).toBeNull();
    obstacle.noteFailed();
    await vi.waitFor(() => expect(obstacle.sentence).toBe('Blocked.'));
  });

  it('is said at once where the server says it, and forgotten when a socket is of use or the server is away', async () => {
    let found: Awaited<ReturnType<FindObstacle>> = { sentence: 'Refused.', isCertain: true };
    const obstacle = new SocketObstacle(async () => found, { noteChanged: () => undefined });
    const fail = (times: number) => {
      for (let nth = 0; nth < times; nth += 1) obstacle.noteFailed();
    };
    fail(2);
    await vi.waitFor(() => expect(obstacle.sentence).toBe('Refused.'));
    found = null;
    fail(1);
    await vi.waitFor(() => expect(obstacle.sentence).toBeNull());
    found = { sentence: 'Refused.', isCertain: true };
    fail(1);
    await vi.waitFor(() => expect(obstacle.sentence).toBe('Refused.'));
    obstacle.clear();
    expect(obstacle.sentence).toBeNull();
  });
});
