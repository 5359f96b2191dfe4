/** A WebSocket of an attacker: sends what it is told to, and counts what comes back without building documents. */
import { setTimeout as delay } from 'node:timers/promises';
import { SYNC_STEP_1 } from '@tablo/sync-server/sync/socket/frames/frame-types';
import { authFrame, NOTHING, syncFrame } from '@tablo/sync-server/testing/frames';
import { RawClient } from '@tablo/sync-server/testing/raw-client';
import { refusalIn, type ServerFrame } from '@tablo/sync-server/testing/server-frame';
import { ATTACKERS_ADDRESS, type Field } from './attack.ts';

/** What waits in this process for the server to take it: enough to keep the link busy, and no more. */
const MOST_BUFFERED_BYTES = 256 * 1024;
const LOOK_MS = 2;

interface Heard {
  onJoined?(name: string): void;
  /** A document's connection ended, or was denied. */
  onLeft?(name: string, reason: string): void;
  onRefused?(code: string): void;
  onStatus?(): void;
}

export class AttackerSocket {
  readonly #field: Field;
  readonly #client: RawClient;
  readonly #heard: Heard;
  #isClosing = false;

  constructor(field: Field, heard: Heard = {}, path = '/sync') {
    this.#field = field;
    this.#heard = heard;
    this.#client = new RawClient(field.sync.replace('/sync', path), {
      ...{ perMessageDeflate: false, localAddress: ATTACKERS_ADDRESS },
    });
    this.#client.onFrame = (frame, document, bytes) => {
      field.tally.receivedBytes += bytes;
      this.#hear(frame, document);
    };
    this.#client.onPing = () => {
      field.tally.receivedBytes += 1;
    };
    this.#client.onClose = () => {
      if (!this.#isClosing) field.tally.cut += 1;
    };
    field.atEnd(() => this.close());
  }

  /** null: the server did not let it in. */
  static async open(field: Field, heard?: Heard, path?: string): Promise<AttackerSocket | null> {
    const socket = new AttackerSocket(field, heard, path);
    return (await socket.opened()) ? socket : null;
  }

  get isOpen(): boolean {
    return this.#client.isOpen;
  }

  async opened(): Promise<boolean> {
    try {
      await this.#client.opened();
      return true;
    } catch {
      return false; // Refused, or cut: the tally has it.
    }
  }

  send(frame: Uint8Array): void {
    if (!this.isOpen) return;
    this.#field.tally.send(frame.byteLength);
    this.#client.send(frame);
  }

  /** Until there is room for more; false when the socket has ended, or it is over. */
  async hasRoom(over: AbortSignal): Promise<boolean> {
    await this.#field.tally.uplink.ready();
    while (this.isOpen && !over.aborted && this.#client.socket.bufferedAmount > MOST_BUFFERED_BYTES) {
      await delay(LOOK_MS);
    }
    return this.isOpen && !over.aborted;
  }

  join(name: string, token: string): void {
    this.send(authFrame(name, token));
    this.ask(name);
  }

  /** For the whole document. */
  ask(name: string): void {
    this.send(syncFrame(name, SYNC_STEP_1, NOTHING));
  }

  stopReading(): void {
    this.#client.socket.pause();
  }

  close(): void {
    this.#isClosing = true;
    this.#client.close();
  }

  #hear(frame: ServerFrame, document: string): void {
    const { tally } = this.#field;
    switch (frame.type) {
      case 'authenticated':
        return this.#heard.onJoined?.(document);
      case 'denied':
      case 'closed':
        tally.refuse(`${frame.type === 'denied' ? 'denied' : 'left'}: ${frame.reason}`);
        return this.#heard.onLeft?.(document, frame.reason);
      case 'status':
        if (frame.isSaved) tally.accepted += 1;
        return this.#heard.onStatus?.();
      case 'stateless': {
        const code = refusalIn(frame.payload);
        if (code === null) return;
        tally.refuse(code);
        return this.#heard.onRefused?.(code);
      }
      case 'state':
        tally.accepted += 1;
        return;
      default:
        return;
    }
  }
}
