/** Whose request this is, for rate limits: the socket's address, or what the proxy in front says, where it is trusted. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'hono';
import { addressKey, addressOf, isLoopback } from '../../base/address-key.ts';

/** What `@hono/node-server` puts into the environment; absent when a test calls `app.request()`. */
interface NodeBindings {
  readonly incoming?: IncomingMessage;
  readonly outgoing?: ServerResponse;
}

const bindingsOf = (context: Context): NodeBindings => (context.env as NodeBindings | undefined) ?? {};

/** For requests without a known address: they are counted together. */
const UNKNOWN = 'unknown';

export function clientAddress(context: Context, trustProxy: boolean): string | null {
  const { incoming } = bindingsOf(context);
  return incoming === undefined ? null : addressOf(incoming, trustProxy);
}

/** What the request's address is counted under. */
export function clientKey(context: Context, trustProxy: boolean): string {
  const address = clientAddress(context, trustProxy);
  return address === null ? UNKNOWN : addressKey(address);
}

/** Whether the request comes from a program on this machine, as far as that can be known: a request that a local proxy passes on carries its headers. */
export function isFromThisMachine(context: Context, trustProxy: boolean): boolean {
  const isPassedOn = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].some(
    (name) => context.req.header(name) !== undefined,
  );
  const address = clientAddress(context, trustProxy);
  // Without a socket there is nobody outside: `app.request()`.
  return address === null || (isLoopback(address) && !isPassedOn);
}

/** The client has hung up: no answer reaches it, and later failures are caused by that. */
export function hasHungUp(context: Context): boolean {
  const { incoming, outgoing } = bindingsOf(context);
  return outgoing?.destroyed === true || incoming?.socket.destroyed === true;
}

/** Calls `done` when the answer has been sent, or the client has gone; at once where there is no socket. */
export function whenAnswered(context: Context, done: () => void): void {
  const { outgoing } = bindingsOf(context);
  if (outgoing === undefined || outgoing.closed) done();
  else outgoing.once('close', done);
}
