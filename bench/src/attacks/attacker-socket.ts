/** A WebSocket of an attacker: sends what it is told to, and counts what comes back without building documents. */
import { once } from 'node:events';
import * as decoding from 'lib0/decoding';
import { WebSocket } from 'ws';
import * as frames from '../frames.ts';
import { ATTACKERS_ADDRESS, type Field } from './attack.ts';

const OPEN_DEADLINE_MS = 5_000;
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
  readonly #socket: WebSocket;
  readonly #heard: Heard;
  #isClosing = false;

  constructor(field: Field, heard: Heard = {}, path = '/sync') {
    this.#field = field;
    this.#heard = heard;
    this.#socket = new WebSocket(field.sync.replace('/sync', path), {
      ...{ perMessageDeflate: false, localAddress: ATTACKERS_ADDRESS, maxPayload: 256 * 1024 * 1024 },
    });
    this.#socket.on('message', (frame: Buffer) => this.#read(frame));
    this.#socket.on('error', () => {}); // 'close' follows, and is counted.
    this.#socket.on('close', () => {
      if (!this.#isClosing) field.tally.cut += 1;
    });
    field.atEnd(() => this.close());
  }

  /** null: the server did not let it in. */
  static async open(field: Field, heard?: Heard, path?: string): Promise<AttackerSocket | null> {
    const socket = new AttackerSocket(field, heard, path);
    return (await socket.opened()) ? socket : null;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  async opened(): Promise<boolean> {
    try {
      await once(this.#socket, 'open', { signal: AbortSignal.timeout(OPEN_DEADLINE_MS) });
      return true;
    } catch {
      return false; // Refused, or cut: the tally has it.
    }
  }

  send(frame: Uint8Array): void {
    if (!this.isOpen) return;
    this.#field.tally.send(frame.byteLength);
    this.#socket.send(frame);
  }

  /** Until there is room for more; false when the socket has ended, or it is over. */
  async hasRoom(over: AbortSignal): Promise<boolean> {
    await this.#field.tally.uplink.ready();
    while (this.isOpen && !over.aborted && this.#socket.bufferedAmount > MOST_BUFFERED_BYTES) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return this.isOpen && !over.aborted;
  }

  join(name: string, token: string): void {
    const address = frames.encodeAddress(name);
    this.send(frames.encodeAuth(address, token));
    this.send(frames.encodeSyncStep1(address));
  }

  stopReading(): void {
    this.#socket.pause();
  }

  close(): void {
    this.#isClosing = true;
    this.#socket.terminate();
  }

  #read(frame: Buffer): void {
    const { tally } = this.#field;
    tally.receivedBytes += frame.byteLength;
    if (frame.byteLength < 2) return; // A ping of the server's.
    const decoder = decoding.createDecoder(frame);
    const name = decoding.readVarString(decoder);
    switch (decoding.readVarUint(decoder)) {
      case frames.AUTH:
        return this.#readAuth(decoder, name);
      case frames.CLOSE: {
        const reason = decoding.readVarString(decoder);
        tally.refuse(`left: ${reason}`);
        return this.#heard.onLeft?.(name, reason);
      }
      case frames.SYNC_STATUS:
        if (decoding.readVarUint(decoder) === 1) tally.accepted += 1;
        return this.#heard.onStatus?.();
      case frames.STATELESS: {
        const payload = decoding.readVarString(decoder);
        if (!payload.startsWith('{"type":"refused"')) return;
        const { code } = JSON.parse(payload) as { code: string };
        tally.refuse(code);
        return this.#heard.onRefused?.(code);
      }
      case frames.SYNC:
      case frames.SYNC_REPLY:
        if (decoding.readVarUint(decoder) === frames.SYNC_STEP_2) tally.accepted += 1;
        return;
      default:
        return;
    }
  }

  #readAuth(decoder: decoding.Decoder, name: string): void {
    if (decoding.readVarUint(decoder) === frames.AUTHENTICATED) return this.#heard.onJoined?.(name);
    const reason = decoding.readVarString(decoder);
    this.#field.tally.refuse(`denied: ${reason}`);
    this.#heard.onLeft?.(name, reason);
  }
}
