/** Counts frames off as they get handled, so that `Sockets` knows how much of a socket's traffic waits in memory. */
import type { beforeHandleMessagePayload, Extension } from '@hocuspocus/server';
import type { LiveConnection } from './live-connection.ts';

export class TrafficExtension implements Extension {
  async beforeHandleMessage({ update, connection }: beforeHandleMessagePayload): Promise<void> {
    const { socket } = (connection as LiveConnection).context;
    socket.unhandledBytes = Math.max(0, socket.unhandledBytes - update.byteLength);
  }
}
