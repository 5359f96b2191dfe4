import { Hocuspocus } from '@hocuspocus/server';
import { encodeDocumentName } from '@tablo/schema/document-name';
import { createEntryId, type TabloId } from '@tablo/schema/ids';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { silentLog } from '../../base/log.ts';
import type { DocumentStore } from '../../documents/document-store.ts';
import { LiveDocuments } from './documents-extension.ts';

const name = encodeDocumentName({ tabloId: createEntryId() as string as TabloId, epoch: 1 });
const store: DocumentStore = {
  load: async () => ({
    isLive: true,
    state: null,
    version: 0n,
    logIds: [],
    head: 0n,
    lastSeq: 0,
    serverClient: null,
    firstOfNewest: null,
  }),
  save: async () => {
    saved += 1;
    return null;
  },
};
let saved = 0;

function open() {
  const documents = new LiveDocuments(store, silentLog, () => {});
  const hocuspocus = new Hocuspocus({ extensions: [...documents.extensions()], quiet: true });
  const load = async () => {
    const direct = await hocuspocus.openDirectConnection(name);
    if (direct.document === null) throw new Error('Nothing was loaded.');
    return { direct, document: direct.document };
  };
  return { documents, hocuspocus, load };
}

describe('unloading', () => {
  it('[R5] unloading of a document that is gone already leaves alone the one that has its name now', async () => {
    const { hocuspocus, load } = open();
    const first = await load();
    await first.direct.disconnect();
    expect(hocuspocus.documents.size).toBe(0);
    const second = await load();
    await hocuspocus.unloadDocument(first.document);
    expect(hocuspocus.documents.get(name)).toBe(second.document);
    expect(second.document.isDestroyed).toBe(false);
  });

  it('[R1] unloading waits for what is being committed, and follows by itself', async () => {
    const { documents, hocuspocus, load } = open();
    const { direct, document } = await load();
    const live = documents.of(document);
    live?.hold();
    await direct.disconnect();
    await hocuspocus.unloadDocument(document);
    expect(hocuspocus.documents.get(name)).toBe(document);
    live?.release();
    await new Promise((resolve) => document.on('destroy', resolve));
    expect(hocuspocus.documents.size).toBe(0);
  });
});

describe('a document that was given up', () => {
  it('[N1] leaves memory when nobody is in it, is stored nowhere, and is loaded anew', async () => {
    const { documents, hocuspocus, load } = open();
    const { direct, document } = await load();
    const live = documents.of(document);
    // Own commits that no snapshot covers yet.
    live?.apply({ id: 1n, update: Y.encodeStateAsUpdate(withText('one')) }, 1);
    const savedBefore = saved;
    live?.advance({ snapshot: null, rows: [{ id: 2n, update: Uint8Array.of(1, 2, 3) }], messages: [] });
    expect(live?.isBroken).toBe(true);
    const destroyed = new Promise((resolve) => document.on('destroy', resolve));
    await direct.disconnect({ unloadImmediately: true });
    await destroyed;
    const anew = await load();
    expect(anew.document).not.toBe(document);
    expect([documents.of(anew.document)?.isBroken, saved]).toEqual([false, savedBefore]);
    // Nobody is in it when it happens.
    await anew.direct.disconnect({ unloadImmediately: false });
    const second = hocuspocus.documents.get(name);
    const gone = new Promise((resolve) => second?.on('destroy', resolve));
    documents.of(second as never)?.break(new Error('trouble'));
    await gone;
    expect(hocuspocus.documents.size).toBe(0);
  });
});

function withText(text: string): Y.Doc {
  const doc = new Y.Doc();
  doc.getArray('messages').push([{ text }]);
  return doc;
}
