/** First sync steps: answered by `JoinAnswers`, not by Hocuspocus, which would encode the whole document anew for each, whatever is still unread (TRAPS 1.4). */
import type { beforeHandleMessagePayload, connectedPayload, Document, Extension } from '@hocuspocus/server';
import type { Limits } from '../../access/limits/limits.ts';
import { type Encodings, MAX_VECTOR_BYTES } from '../joins/encodings.ts';
import type { JoinAnswers } from '../joins/join-answers.ts';
import { SYNC_STEP_1 } from '../socket/frames/frame-types.ts';
import { muteFrame, readFrameHead, readPayload } from '../socket/frames/read-frame.ts';
import type { LiveConnection } from '../socket/live-connection.ts';

/** A presence state as it is sent. */
const STATE_BYTES = 150;
/** The state vector of an empty document. */
const NOTHING = Uint8Array.of(0);

/** Waits, with a deadline, until a document has what other servers have committed so far. */
export type CatchUpOnJoin = (document: Document) => Promise<void> | undefined;

export class JoinExtension implements Extension {
  readonly #answers: JoinAnswers;
  readonly #encodings: Encodings;
  readonly #limits: Limits;
  readonly #catchUp: CatchUpOnJoin;

  constructor(answers: JoinAnswers, encodings: Encodings, limits: Limits, catchUp: CatchUpOnJoin) {
    this.#catchUp = catchUp;
    this.#answers = answers;
    this.#encodings = encodings;
    this.#limits = limits;
  }

  async connected({ connection }: connectedPayload): Promise<void> {
    const live = connection as LiveConnection;
    const { document } = live;
    live.onClose(() => this.#answers.forget(live));
    if (document.isDestroyed) return;
    // The presence of the others was sent with the join; a person who is alone here has loaded the document.
    const loaded = document.getConnectionsCount() === 1 ? this.#encodings.sizeOf(document) : 0;
    this.#limits.charge('joinBytes', live.context.userId, loaded + STATE_BYTES * document.awareness.getStates().size);
  }

  async beforeHandleMessage({ update: frame, connection, document }: beforeHandleMessagePayload): Promise<void> {
    const head = readFrameHead(frame);
    if (head?.step !== SYNC_STEP_1) return;
    const live = connection as LiveConnection;
    const payload = readPayload(frame, head);
    // The state vector may wait in memory. A client that sends a longer one than permitted gets the answer for an empty document.
    const isKept =
      payload.byteLength <= MAX_VECTOR_BYTES && this.#limits.take('bytes', live.context.userId, payload.byteLength);
    const vector = isKept ? payload.slice() : NOTHING;
    muteFrame(frame, head);
    // A client that comes from another server finds what it had received there.
    await this.#catchUp(document);
    if (document.hasConnection(connection)) this.#answers.ask(live, vector);
  }
}
