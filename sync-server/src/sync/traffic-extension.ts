/**
 * What every frame goes through before Hocuspocus handles it.
 *
 * - Frames of a connection that has been closed meanwhile get no answer any more [R6].
 * - A SyncStep2 becomes an Update, in place. To the server they mean the same; but a refused SyncStep2 makes Hocuspocus weigh the update against a snapshot of the
 *   whole document, and choke on what admission found damaged, where a refused Update is simply answered with no.
 */
import type { beforeHandleMessagePayload, Extension } from '@hocuspocus/server';
import type { ReasonCode } from '@tablo/schema/close-codes';
import type { LiveConnection } from './live-connection.ts';
import { isToken, readFrameHead, SYNC_STEP_2, UPDATE } from './read-frame.ts';
import { type Backlog, nameOnSocket } from './socket-state.ts';

export class TrafficExtension implements Extension {
  /** Runs first: what it drops, nobody else looks at. */
  readonly priority = 1_000;
  readonly #backlog: Backlog;

  constructor(backlog: Backlog) {
    this.#backlog = backlog;
  }

  async beforeHandleMessage({ update: frame, connection, document }: beforeHandleMessagePayload): Promise<void> {
    const { context } = connection as LiveConnection;
    const head = readFrameHead(frame);
    if (!isToken(frame, head)) this.#backlog.remove(context.socket, nameOnSocket(context.socket, document.name), frame);
    // Ends the handling of all that waits; the connection itself is closed already.
    if (!document.hasConnection(connection)) throw { reason: 'forbidden' satisfies ReasonCode };
    context.isAnswer = head?.step === SYNC_STEP_2;
    if (head !== null && context.isAnswer) frame[head.stepAt] = UPDATE;
  }
}
