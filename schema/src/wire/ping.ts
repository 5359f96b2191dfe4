/**
 * Frames of one byte that ask for a sign of life and are answered by the socket itself, whatever its documents wait for. The numbers are Hocuspocus's
 * connection-level message types. Our client's `PING` is answered with `PING`, which an unmodified provider understands too: it answers `PONG`, which is not answered.
 */
export const PING = 9;
export const PONG = 10;

/** Whether the frame is that byte and nothing else: as the first byte of a longer one it is the length of a name. */
export function isSign(frame: Uint8Array, sign: typeof PING | typeof PONG): boolean {
  return frame.byteLength === 1 && frame[0] === sign;
}
