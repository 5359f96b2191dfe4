/**
 * Handles every frame before Hocuspocus does.
 *
 * - Frames of a connection that has been closed meanwhile get no answer any more [R6].
 * - A SyncStep2 becomes an Update, in place. To the server they mean the same; but a refused SyncStep2 makes Hocuspocus weigh the update against a snapshot of the
 *   whole document, and fail on content that admission found damaged, while a refused Update is simply answered with a refusal.
 */
import type { beforeHandleMessagePayload, Extension } from '@hocuspocus/server';
import { FRAME, SYNC_STEP_2, UPDATE } from '../socket/frames/frame-types.ts';
import { muteFrame, readFrameHead, readToken } from '../socket/frames/read-frame.ts';
import type { LiveConnection } from '../socket/live-connection.ts';
import { type Backlog, nameOnSocket, weigh } from '../socket/socket-state.ts';

export class TrafficExtension implements Extension {
  /** Runs first: frames that it drops reach no other extension. */
  readonly priority = 1_000;
  readonly #backlog: Backlog;

  readonly #renew: (connection: LiveConnection, token: string) => void;

  constructor(backlog: Backlog, renew: (connection: LiveConnection, token: string) => void) {
    this.#backlog = backlog;
    this.#renew = renew;
  }

  async beforeHandleMessage({ update: frame, connection, document }: beforeHandleMessagePayload): Promise<void> {
    const { context } = connection as LiveConnection;
    const head = readFrameHead(frame);
    if (head === null) return; // This does not happen: the gate has read the frame before.
    this.#backlog.remove(context.socket, nameOnSocket(context.socket, document.name), weigh(frame, head));
    if (!document.hasConnection(connection)) return muteFrame(frame, head);
    context.isAnswer = head.step === SYNC_STEP_2;
    if (context.isAnswer) frame[head.bodyAt] = UPDATE;
    if (head.type !== FRAME.auth) return;
    // It came while the document was being joined.
    const token = readToken(frame, head);
    muteFrame(frame, head);
    this.#renew(connection as LiveConnection, token);
  }
}
