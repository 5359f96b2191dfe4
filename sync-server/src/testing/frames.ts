/** The bytes of single frames, well-formed or not: Hocuspocus's on `/sync` (a document's name in front), y-websocket's on `/yjs` (`name` null). */
import * as encoding from 'lib0/encoding';
import { AUTH_TOKEN, FRAME } from '../sync/socket/frames/frame-types.ts';

/** The state vector of somebody who has nothing, and so asks for everything. */
export const NOTHING = Uint8Array.of(0);

type Name = string | null;
type Write = (encoder: encoding.Encoder) => void;

export function encode(write: Write): Uint8Array<ArrayBuffer> {
  const encoder = encoding.createEncoder();
  write(encoder);
  return new Uint8Array(encoding.toUint8Array(encoder));
}

export function frame(name: Name, type: number, write: Write = () => {}): Uint8Array {
  return encode((encoder) => {
    if (name !== null) encoding.writeVarString(encoder, name);
    encoding.writeVarUint(encoder, type);
    write(encoder);
  });
}

export const authFrame = (name: string, token: string): Uint8Array =>
  frame(name, FRAME.auth, (encoder) => {
    encoding.writeVarUint(encoder, AUTH_TOKEN);
    encoding.writeVarString(encoder, token);
    encoding.writeVarString(encoder, '4.8.0'); // The provider's version, which servers only note.
  });

export const syncFrame = (name: Name, step: number, payload: Uint8Array): Uint8Array =>
  frame(name, FRAME.sync, (encoder) => {
    encoding.writeVarUint(encoder, step);
    encoding.writeVarUint8Array(encoder, payload);
  });

export const statelessFrame = (name: string, payload: string): Uint8Array =>
  frame(name, FRAME.stateless, (encoder) => encoding.writeVarString(encoder, payload));

/** One peer of an awareness frame: `json` goes as it is, so that it may be no JSON at all. */
export interface Peer {
  readonly client: number;
  readonly clock?: number;
  readonly json: string;
}

export const awarenessFrame = (name: Name, peers: readonly Peer[]): Uint8Array =>
  frame(name, FRAME.awareness, (encoder) =>
    encoding.writeVarUint8Array(
      encoder,
      encode((update) => {
        encoding.writeVarUint(update, peers.length);
        for (const { client, clock = 1, json } of peers) {
          encoding.writeVarUint(update, client);
          encoding.writeVarUint(update, clock);
          encoding.writeVarString(update, json);
        }
      }),
    ),
  );
