/** The bytes of single frames, well-formed or not: Hocuspocus's on `/sync` (a document's name in front), y-websocket's on `/yjs` (`name` null). */
import * as encoding from 'lib0/encoding';

/** Hocuspocus's message types; y-websocket shares the first two. */
export const TYPE = {
  sync: 0,
  awareness: 1,
  auth: 2,
  queryAwareness: 3,
  syncReply: 4,
  stateless: 5,
  broadcastStateless: 6,
  close: 7,
  syncStatus: 8,
} as const;

export const STEP_1 = 0;
export const STEP_2 = 1;
export const UPDATE = 2;

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
  frame(name, TYPE.auth, (encoder) => {
    encoding.writeVarUint(encoder, 0);
    encoding.writeVarString(encoder, token);
    encoding.writeVarString(encoder, '4.8.0');
  });

export const syncFrame = (name: Name, step: number, payload: Uint8Array): Uint8Array =>
  frame(name, TYPE.sync, (encoder) => {
    encoding.writeVarUint(encoder, step);
    encoding.writeVarUint8Array(encoder, payload);
  });

export const statelessFrame = (name: string, payload: string): Uint8Array =>
  frame(name, TYPE.stateless, (encoder) => encoding.writeVarString(encoder, payload));

/** One peer of an awareness frame: `json` goes as it is, so that it may be no JSON at all. */
export interface Peer {
  readonly client: number;
  readonly clock?: number;
  readonly json: string;
}

export const awarenessFrame = (name: Name, peers: readonly Peer[]): Uint8Array =>
  frame(name, TYPE.awareness, (encoder) =>
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
