import { Writable } from '../../chat/base/readable.ts';

/**
 * Where toasts stand: in the uppermost of the modal dialogs that are open, the last of these. A modal dialog makes all that stands outside of it unreachable, also
 * for assistive technology. Each place is there, empty and live, before it gets a text: a text that comes together with its region is not read aloud.
 */
export const dialogPlaces = new Writable<readonly HTMLElement[]>([]);

/** Returns a function to be called when its dialog is closed. */
export function noteDialogPlace(place: HTMLElement): () => void {
  dialogPlaces.update((open) => [...open, place]);
  return () => dialogPlaces.update((open) => open.filter((other) => other !== place));
}
