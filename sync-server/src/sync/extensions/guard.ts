/**
 * Hooks that Hocuspocus does not await: an exception in one ends the process (TRAPS 0.9). Exceptions of our hooks are caught and logged here. Awaited hooks
 * may reject: their rejections are answers.
 */
import type { Extension } from '@hocuspocus/server';
import type { Log } from '../../base/log.ts';

const UNAWAITED = [
  'onChange',
  'onStateless',
  'onAwarenessUpdate',
  'onDisconnect',
  'afterUnloadDocument',
  'beforeBroadcastStateless',
] as const satisfies readonly (keyof Extension)[];

/** For a hook that is awaited by a chain without a handler: `connected` runs in the same `try` as authentication, whose failure path denies a live connection. */
const SWALLOWED = [...UNAWAITED, 'connected'] as const;

type Hook = (payload: never) => Promise<unknown>;

export function guard(extension: Extension, log: Log): Extension {
  const guarded = extension as Record<string, unknown>;
  for (const name of SWALLOWED) {
    const hook = guarded[name] as Hook | undefined;
    if (typeof hook !== 'function') continue;
    guarded[name] = async (payload: never): Promise<unknown> => {
      try {
        return await hook.call(extension, payload);
      } catch (error) {
        log.error({ err: error, hook: name }, 'A hook failed.');
        return undefined;
      }
    };
  }
  return extension;
}
