/** A new release comes to two servers, one after the other, while people write and programs post: nobody notices. */
import { request } from 'node:http';
import { createMessage } from '@tablo/schema/entry';
import { tokenOf } from '@tablo/sync-server/testing/tokens';
import { untilTrue } from '@tablo/sync-server/testing/wait';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Balancer, openBalancer } from '../support/balancer.ts';
import { type NodeStage, newUser, openNodeStage } from './node-stage.ts';
import { StockClient } from './stock-client.ts';

const PEOPLE = 4;
const POSTERS = 3;
/** An unmodified client that wrote while it was moved has one entry a commit under way: on a busy machine that takes a while. */
const DELIVERED_MS = 90_000;
const TYPE_EVERY_MS = 100;

let stage: NodeStage;
let balancer: Balancer;
beforeAll(async () => {
  stage = await openNodeStage(2, {
    // Unmodified clients stay in their document.
    EPOCH_MAX_ENTRIES: '100000',
    RATE_WRITES_PER_SECOND: '10000',
    RATE_WRITES_BURST: '100000',
  });
  balancer = await openBalancer(
    stage.nodes.map(({ port }) => port),
    { asksHealth: true },
  );
  await stage.haveMet();
});
afterAll(async () => {
  await balancer.close();
  await stage.close();
});

/** On a connection of its own, as a balancer that chooses for each request has it. Null: stored. */
function post(path: string, token: string, text: string): Promise<string | null> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const asked = request(`${balancer.url}${path}`, { method: 'POST', agent: false, headers }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      answer.on('close', () => resolve(answer.statusCode === 201 ? null : `${answer.statusCode} ${body}`));
    });
    asked.on('error', (error) => resolve(error.message));
    asked.end(JSON.stringify({ text }));
  });
}

// Four starts of a server, on a machine that may be busy.
const TIMEOUT_MS = 240_000;

it(
  '[R1] [R11] A rolling restart under load fails no request, and loses, doubles and misplaces nothing.',
  async () => {
    const users = Array.from({ length: PEOPLE }, () => newUser());
    const tablo = await stage.addTablo(users);
    const clients = users.map((user) => new StockClient(balancer.url, tablo, user));
    await untilTrue('all have joined', () => clients.every(({ provider }) => provider.isSynced));
    const written: string[] = [];
    const failed: string[] = [];
    let isOver = false;

    const token = tokenOf(users[0] as (typeof users)[0]);
    const posting = Array.from({ length: POSTERS }, async (_, poster) => {
      for (let nth = 0; !isOver; nth += 1) {
        const text = `posted ${poster} ${nth}`;
        written.push(text);
        const failure = await post(`/chat/channels/${tablo}/messages`, token, text);
        if (failure !== null) failed.push(failure);
      }
    });
    const typing = setInterval(() => {
      for (const [nth, client] of clients.entries()) {
        const text = `typed ${nth} ${written.length}`;
        if (written.includes(text)) continue;
        written.push(text);
        client.push(createMessage({ author: client.user, sentAt: Date.now() }, text));
      }
    }, TYPE_EVERY_MS);

    for (const node of stage.nodes) {
      await node.restart();
      await stage.haveMet();
    }
    isOver = true;
    clearInterval(typing);
    await Promise.all(posting);

    expect(failed).toEqual([]);
    await untilTrue('all have all', () => clients.every(({ texts }) => texts.length === written.length), DELIVERED_MS);
    for (const { texts } of clients) expect(texts.toSorted()).toEqual(written.toSorted());
    const { rows } = await stage.pool.query<{ text: string; seq: string }>(
      'SELECT text, seq FROM messages WHERE channel_id = $1 ORDER BY seq',
      [tablo],
    );
    expect(rows.map(({ seq }) => Number(seq))).toEqual(rows.map((_, nth) => nth + 1));
    expect(rows.map(({ text }) => text).toSorted()).toEqual(written.toSorted());
    expect(await stage.audit()).toEqual([]);
    for (const client of clients) client.close();
  },
  TIMEOUT_MS,
);
