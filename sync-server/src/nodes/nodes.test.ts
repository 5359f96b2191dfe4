/** Two servers and what they say to each other, by a channel that loses, doubles and repeats as it is told. */
import { type DocumentName, encodeDocumentName } from '@tablo/schema/document-name';
import { createEntryId, type TabloId, type UserId } from '@tablo/schema/ids';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { silentLog } from '../base/log.ts';
import { EMPTY_STATE, LiveDocument } from '../ledger/store/live-document.ts';
import { encodeHint, type PersonHint } from './hint.ts';
import { Nodes } from './nodes.ts';

const userId = '00000000-0000-4000-8000-00000000000a' as UserId;
const name: DocumentName = { tabloId: createEntryId() as string as TabloId, epoch: 1 };
const person: PersonHint = { client: 7, clock: 1, state: { userId, name: 'Alice', typing: false } };

beforeEach(
  () =>
    void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] }),
);
afterEach(() => void vi.useRealTimers());

/** Everybody hears everything, the sender too, but for what is lost. */
class Channel {
  readonly said: string[] = [];
  readonly #listeners = new Set<(text: string) => void>();
  hearing = 2;
  isLosing = false;

  say(text: string): void {
    for (const listener of this.#listeners) listener(text);
  }

  open() {
    return {
      send: async (texts: readonly string[]) => {
        if (this.isLosing) return;
        this.said.push(...texts);
        for (const text of texts) this.say(text);
      },
      subscribe: (listener: (text: string) => void) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
      countHearing: async () => this.hearing,
      close: async () => {},
    };
  }
}

function openNode(channel: Channel, own: readonly PersonHint[] = []) {
  const document = new LiveDocument(name, new Y.Doc(), EMPTY_STATE, {
    onCommitted() {},
    onMoved() {},
    onBroken() {},
    onIdle() {},
  });
  const shown = new Map<number, string>();
  const state = { reads: 0, tells: 0 };
  const nodes = new Nodes({
    link: {
      hints: channel.open(),
      reader: {
        read: async (documents) => {
          state.reads += 1;
          return documents.map(() => ({ epoch: 1, missed: null }));
        },
      },
    },
    loaded: () => [document],
    people: {
      tell: () => {
        state.tells += 1;
        for (const one of own) nodes.show(name, one);
      },
      hear: (node, of, people) => {
        expect(encodeDocumentName(of)).toBe(encodeDocumentName(name));
        for (const { client } of people) shown.set(client, node);
      },
      forget: (node) => {
        for (const [client, of] of shown) if (of === node) shown.delete(client);
      },
    },
    mayShow: () => true,
    onWritten: () => {},
    observer: { onForeignRows: () => {}, onCatchUp: () => {} },
    log: silentLog,
  });
  nodes.open();
  return { nodes, shown, state, document };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('servers on one database', () => {
  it('[N2] meet, and show each other who is there', async () => {
    const channel = new Channel();
    const [a, b] = [openNode(channel, [person]), openNode(channel, [{ ...person, client: 8 }])];
    await pass(500);
    expect([[...a.shown.keys()], [...b.shown.keys()]]).toEqual([[8], [7]]);
    await a.nodes.close();
    expect([...b.shown.keys()]).toEqual([]);
    await b.nodes.close();
  });

  it('[N2] [N1] notice by the next hint that one was lost: they look at once, and ask again who is there', async () => {
    const channel = new Channel();
    const own = [person];
    const [a, b] = [openNode(channel, own), openNode(channel)];
    await pass(900);
    channel.isLosing = true;
    own.push({ ...person, client: 9 });
    a.nodes.show(name, own[1] as PersonHint);
    a.nodes.published([a.document], []);
    await pass(200);
    channel.isLosing = false;
    const reads = b.state.reads;
    expect([...b.shown.keys()]).toEqual([7]);
    a.nodes.published([a.document], []);
    await pass(20);
    await new Promise((resolve) => setImmediate(resolve));
    expect(b.state.reads).toBeGreaterThan(reads);
    await pass(1_500);
    expect([...b.shown.keys()]).toEqual([7, 9]);
    for (const { nodes } of [a, b]) await nodes.close();
  });

  it('[N2] pass over what is said again: of a server that is there, of one that has gone, and of one that this one never knew', async () => {
    const channel = new Channel();
    const [a, b] = [openNode(channel, [person]), openNode(channel)];
    await pass(500);
    const tape = [...channel.said];
    await a.nodes.close();
    expect([...b.shown.keys()]).toEqual([]);
    const tells = b.state.tells;
    for (const text of tape) channel.say(text);
    await pass(100);
    expect([[...b.shown.keys()], b.state.tells]).toEqual([[], tells]);
    // It was not there when that was said.
    const late = openNode(channel);
    for (const text of tape) channel.say(text);
    await pass(500);
    expect([...late.shown.keys()]).toEqual([]);
    for (const { nodes } of [b, late]) await nodes.close();
  });

  it('says hello again after it could not be heard for so long that the others have forgotten it', async () => {
    const channel = new Channel();
    const [a, b] = [openNode(channel, [person]), openNode(channel)];
    await pass(500);
    channel.isLosing = true;
    await pass(20_000);
    expect([...b.shown.keys()]).toEqual([]);
    channel.isLosing = false;
    await pass(4_000);
    expect([...b.shown.keys()]).toEqual([7]);
    for (const { nodes } of [a, b]) await nodes.close();
  });

  it('says nothing while it is alone, and hello when another one is seen', async () => {
    const channel = new Channel();
    channel.hearing = 1;
    const { nodes } = openNode(channel);
    await pass(6_000);
    const before = channel.said.length;
    await pass(30_000);
    expect(channel.said).toHaveLength(before);
    channel.hearing = 2;
    await pass(5_500);
    expect(channel.said.slice(before).join()).toContain('hello');
    await nodes.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('hears nothing, says nothing and leaves no timer behind when it has closed, also while a join waits', async () => {
    const channel = new Channel();
    const { nodes, document, state } = openNode(channel);
    await pass(100);
    const waiting = nodes.catchUp(document, 'join');
    await nodes.close();
    await waiting;
    const before = [channel.said.length, state.reads];
    channel.say(encodeHint('another-node', 1, { type: 'hello' }));
    nodes.published([document], []);
    nodes.resume();
    await pass(20_000);
    expect([channel.said.length, state.reads]).toEqual(before);
    expect(vi.getTimerCount()).toBe(0);
  });
});
