import type pg from 'pg';

/** Ends a connection that may not answer any more: without waiting, and whatever it still says goes unheard. */
export function dropClient(client: pg.Client): void {
  client.removeAllListeners('notification');
  client.end().catch(() => {}); // It is broken already, or its process ends with ours.
  // `end()` says goodbye and waits for the other side, which may be gone: the socket would hold the process.
  const { stream } = (
    client as unknown as { connection: { stream: { connecting?: boolean; destroy: () => void; unref?: () => void } } }
  ).connection;
  stream.unref?.();
  // Nothing was said yet, so there is nothing to end: whoever waits for it is told.
  if (stream.connecting === true) stream.destroy();
}
