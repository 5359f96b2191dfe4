import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../base/log.ts';
import { openRedisChannel } from './redis-channel.ts';
import { NO_REDIS, REDIS_PROGRAM, RedisServer } from './testing/redis-server.ts';

/** Reconnecting waits up to a second between attempts. */
const SOON = { timeout: 10_000, interval: 20 };

describe.skipIf(REDIS_PROGRAM === null)(`openRedisChannel${REDIS_PROGRAM === null ? ` (${NO_REDIS})` : ''}`, () => {
  let redis: RedisServer;
  const channels: ReturnType<typeof openRedisChannel>[] = [];
  beforeEach(async () => {
    redis = await RedisServer.choosePort();
  });
  afterEach(async () => {
    for (const channel of channels.splice(0)) await channel.close();
    await redis.kill();
  });

  function open(name = 'tablo-chat:one') {
    const channel = openRedisChannel({ url: redis.url, channel: name, log: silentLog });
    channels.push(channel);
    const heard: string[] = [];
    channel.subscribe((text) => heard.push(text));
    return { channel, heard };
  }
  const publishes = (channel: ReturnType<typeof openRedisChannel>, texts: string[], listeners: number) =>
    vi.waitFor(async () => expect(await channel.publish(texts)).toBe(listeners), SOON);

  it('Texts reach every server of the database in their order, this one included, and none of another database.', async () => {
    await redis.start();
    const [one, other, foreign] = [open(), open(), open('tablo-chat:other')];
    await publishes(one.channel, ['ready?'], 2);
    await publishes(foreign.channel, ['foreign'], 1);
    const texts = ['first', 'second', '{"é":"😀"}', 'x'.repeat(100_000)];
    expect(await other.channel.publish(texts)).toBe(2);
    await vi.waitFor(() => {
      for (const { heard } of [one, other]) expect(heard.slice(-texts.length)).toEqual(texts);
    }, SOON);
    expect(foreign.heard).toEqual(['foreign']);
  });

  it('[R11] A server starts without Redis, and is heard when Redis has come.', async () => {
    const { channel, heard } = open();
    await expect(channel.publish(['lost'])).rejects.toThrow('Redis is not there');
    await redis.start();
    await publishes(channel, ['told'], 1);
    await vi.waitFor(() => expect(heard).toContain('told'), SOON);
    expect(heard).not.toContain('lost');
  });

  it('[R11] While Redis is dead publishing fails at once; after it has come back texts are heard again.', async () => {
    await redis.start();
    const [one, other] = [open(), open()];
    await publishes(one.channel, ['before'], 2);
    await redis.kill();
    await vi.waitFor(() => expect(one.channel.publish(['lost'])).rejects.toThrow(), SOON);
    await redis.start();
    await publishes(one.channel, ['after'], 2);
    await vi.waitFor(() => expect(other.heard).toContain('after'), SOON);
  });

  it('[R11] While Redis stands still nobody waits for it, and nothing piles up.', async () => {
    await redis.start();
    const { channel, heard } = open();
    await publishes(channel, ['before'], 1);
    redis.signal('SIGSTOP');
    await expect(channel.publish(['late'])).rejects.toThrow('has not answered');
    await expect(channel.publish(['not tried'])).rejects.toThrow('not there');
    redis.signal('SIGCONT');
    await publishes(channel, ['after'], 1);
    await vi.waitFor(() => expect(heard).toContain('after'), SOON);
    expect(heard).not.toContain('not tried');
  });
});
