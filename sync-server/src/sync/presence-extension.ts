/** Presence: who is here and typing. Identity is the server's knowledge, one state a connection [R3]. */
import type { beforeHandleAwarenessPayload, beforeHandleMessagePayload, Extension } from '@hocuspocus/server';
import { removeAwarenessStates } from 'y-protocols/awareness';
import { readRemovedClients } from '../presence/removed-clients.ts';
import { sanitizeAwareness } from '../presence/sanitize-awareness.ts';
import type { LiveDocuments } from './documents-extension.ts';
import type { LiveConnection } from './live-connection.ts';

export class PresenceExtension implements Extension {
  readonly #documents: LiveDocuments;

  constructor(documents: LiveDocuments) {
    this.#documents = documents;
  }

  async beforeHandleMessage({ update, connection, document }: beforeHandleMessagePayload): Promise<void> {
    const own = document.getClients(connection);
    const removed = readRemovedClients(update).filter((client) => own.has(client));
    if (removed.length === 0) return;
    removeAwarenessStates(document.awareness, removed, { source: 'connection', connection });
  }

  async beforeHandleAwareness({ states, connection, document }: beforeHandleAwarenessPayload): Promise<void> {
    if (connection === undefined) return;
    const { context } = connection as LiveConnection;
    const frontier = this.#documents.of(document)?.frontier;
    const [current = null] = document.getClients(connection) as Set<number>;
    sanitizeAwareness(states as Map<number, Record<string, unknown>>, {
      user: { id: context.userId, name: context.name },
      claim: (client) => frontier?.claim(client, context.userId) ?? false,
      current,
    });
  }
}
