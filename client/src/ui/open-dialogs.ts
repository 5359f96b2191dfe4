import { Writable } from '../chat/readable.ts';

/**
 * The modal dialogs that are open, the uppermost last. A modal dialog makes all that stands outside of it unreachable, also for assistive technology: what must
 * be read and pressed now stands in the last one.
 */
export const openDialogs = new Writable<readonly HTMLDialogElement[]>([]);

/** Returns the way to say that it is closed. */
export function noteOpenDialog(dialog: HTMLDialogElement): () => void {
  openDialogs.update((open) => [...open, dialog]);
  return () => openDialogs.update((open) => open.filter((other) => other !== dialog));
}
