/**
 * Presence over several servers: each server sends the presence of its own sockets to the others, and shows theirs. What a server sends about its own clientIDs has passed its
 * `PresenceExtension`; no other server's state counts for a clientID that is one of our sockets', or somebody else's in the document [R3].
 */
import type {
  afterLoadDocumentPayload,
  afterUnloadDocumentPayload,
  Document,
  Extension,
  Hocuspocus,
} from '@hocuspocus/server';
import { type DocumentName, encodeDocumentName, parseDocumentName } from '@tablo/schema/document-name';
import * as encoding from 'lib0/encoding';
import { applyAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness';
import type { NodeId, PersonHint } from '../../nodes/hint.ts';
import type { PeopleHere } from '../../nodes/nodes.ts';
import { sanitizePresence } from '../../presence/sanitize-presence.ts';
import type { LiveDocuments } from './documents-extension.ts';

/** A state that came from another server is not sent to other servers again. */
const FOREIGN_ORIGIN = { source: 'local', skipStoreHooks: true } as const;

interface AwarenessChange {
  readonly added: readonly number[];
  readonly updated: readonly number[];
  readonly removed: readonly number[];
}

/** Of one loaded document. */
interface Shown {
  readonly document: Document;
  readonly name: DocumentName;
  /** ClientIDs of our sockets. */
  readonly own: Set<number>;
  /** States of other servers, with the server that sent each of them last. */
  readonly foreign: Map<number, NodeId>;
}

export class SharedPresence implements Extension, PeopleHere {
  readonly #documents: LiveDocuments;
  readonly #say: (name: DocumentName, person: PersonHint) => void;
  readonly #shown = new Map<string, Shown>();

  constructor(documents: LiveDocuments, say: (name: DocumentName, person: PersonHint) => void) {
    this.#documents = documents;
    this.#say = say;
  }

  async afterLoadDocument({ document, documentName }: afterLoadDocumentPayload): Promise<void> {
    const name = parseDocumentName(documentName);
    if (name === null) return;
    const shown: Shown = { document, name, own: new Set(), foreign: new Map() };
    this.#shown.set(documentName, shown);
    document.awareness.on('update', (change: AwarenessChange, origin: unknown) => this.#follow(shown, change, origin));
  }

  async afterUnloadDocument({ documentName, instance }: afterUnloadDocumentPayload): Promise<void> {
    // Another one of its name may be there by now.
    const shown = this.#shown.get(documentName);
    if (shown !== undefined && (instance as Hocuspocus).documents.get(documentName) !== shown.document)
      this.#shown.delete(documentName);
  }

  tell(documents: readonly DocumentName[] | null): void {
    const asked = documents === null ? this.#shown.values() : documents.map((one) => this.#of(one));
    for (const shown of asked)
      if (shown !== undefined) for (const client of shown.own) this.#say(shown.name, personOf(shown.document, client));
  }

  hear(node: NodeId, name: DocumentName, people: readonly PersonHint[]): void {
    const shown = this.#of(name);
    if (shown === undefined || shown.document.isDestroyed) return;
    for (const person of people) this.#hearOne(node, shown, person);
  }

  forget(node: NodeId): void {
    for (const shown of this.#shown.values()) {
      const gone = [...shown.foreign].flatMap(([client, of]) => (of === node ? [client] : []));
      if (gone.length > 0) this.#remove(shown, gone);
    }
  }

  #of(name: DocumentName): Shown | undefined {
    return this.#shown.get(encodeDocumentName(name));
  }

  #hearOne(node: NodeId, shown: Shown, { client, clock, state }: PersonHint): void {
    const { document, own, foreign } = shown;
    if (own.has(client)) return;
    if (state === null) {
      // A client that has moved to another server is announced by that server, earlier or later.
      if (foreign.get(client) === node) this.#remove(shown, [client]);
      return;
    }
    const owner = this.#documents.of(document)?.frontier.ownerOf(client) ?? null;
    if (owner !== null && owner !== state.userId) return;
    const json = JSON.stringify({ typing: state.typing });
    const clean = sanitizePresence(json, { id: state.userId, name: state.name });
    if (clean === null) return;
    foreign.set(client, node);
    applyAwarenessUpdate(document.awareness, encodeState(client, clock, clean), FOREIGN_ORIGIN);
  }

  #remove({ document, foreign }: Shown, clients: readonly number[]): void {
    for (const client of clients) foreign.delete(client);
    if (document.isDestroyed) return;
    removeAwarenessStates(document.awareness, [...clients], FOREIGN_ORIGIN);
    forgetClocks(document, clients);
  }

  #follow(shown: Shown, { added, updated, removed }: AwarenessChange, origin: unknown): void {
    if (origin === FOREIGN_ORIGIN) return;
    const { document, name, own, foreign } = shown;
    // States of our own sockets are set by their connections only.
    for (const client of [...added, ...updated]) {
      own.add(client);
      foreign.delete(client);
      this.#say(name, personOf(document, client));
    }
    for (const client of removed) {
      if (own.delete(client)) this.#say(name, personOf(document, client));
      // Its server has not repeated it for half a minute.
      else if (foreign.delete(client)) forgetClocks(document, [client]);
    }
  }
}

function personOf({ awareness }: Document, client: number): PersonHint {
  const clock = awareness.meta.get(client)?.clock ?? 0;
  const state = awareness.getStates().get(client) as
    | { readonly user: { readonly id: never; readonly name: string }; readonly typing: boolean }
    | undefined;
  if (state === undefined) return { client, clock, state: null };
  return { client, clock, state: { userId: state.user.id, name: state.user.name, typing: state.typing } };
}

function encodeState(client: number, clock: number, state: object): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, clock);
  encoding.writeVarString(encoder, JSON.stringify(state));
  return encoding.toUint8Array(encoder);
}

/** Forgets the clocks of people who have left: a client that comes back, perhaps by another server, may use its old clock, and memory must not grow with everybody who was ever here. */
function forgetClocks(document: Document, clients: readonly number[]): void {
  setImmediate(() => {
    if (document.isDestroyed) return;
    // Their clocks are kept for the removals that are still to be sent.
    document.flush();
    for (const client of clients) if (!document.awareness.states.has(client)) document.awareness.meta.delete(client);
  });
}
