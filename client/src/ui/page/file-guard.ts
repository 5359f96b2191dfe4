/**
 * Files that are dropped or pasted, anywhere in the page; inside a host application's, in our part of it. Nobody here takes them yet, and a browser opens a dropped one in the place of the page: so they are
 * stopped, and the page says why. Text passes, also text that brings a picture of itself along, as word processors copy it.
 */
import { type Readable, Writable } from '../../chat/base/readable.ts';

const refused = new Writable(0);
/** Counts the attempts to drop or paste files. */
export const refusedFiles: Readable<number> = refused;
const refuse = () => refused.update((count) => count + 1);

/** What file managers put beside files: their names, paths or addresses, a line each. */
function namesFiles(line: string, names: readonly string[]): boolean {
  const path = decode(line.trim());
  return names.some((name) => path === name || path.endsWith(`/${name}`) || path.endsWith(`\\${name}`));
}

function decode(address: string): string {
  if (!address.startsWith('file:')) return address;
  try {
    return decodeURIComponent(address);
  } catch {
    return address; // Not encoded properly: as it stands.
  }
}

/** Whether there is text that somebody wrote, and not only what the files are called. */
export function hasOwnText(text: string, names: readonly string[]): boolean {
  return text.split(/\r\n?|\n/u).some((line) => line.trim() !== '' && !namesFiles(line, names));
}

const carriesFiles = (data: DataTransfer | null): data is DataTransfer => data?.types.includes('Files') ?? false;
const carriesText = (data: DataTransfer): boolean =>
  hasOwnText(
    data.getData('text/plain'),
    [...data.files].map(({ name }) => name),
  );

function takesText({ target }: Event): boolean {
  const field = target instanceof Element ? target.closest('textarea, input') : null;
  return (
    (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) && !field.readOnly && !field.disabled
  );
}

function handleDragOver(event: DragEvent): void {
  const { dataTransfer: data } = event;
  // What the text is cannot be asked before it is dropped.
  if (!carriesFiles(data) || (data.types.includes('text/plain') && takesText(event))) return;
  event.preventDefault();
  // With 'none' the browser would not send the drop event.
  data.dropEffect = 'copy';
}

function handleDrop(event: DragEvent): void {
  const { dataTransfer: data } = event;
  if (!carriesFiles(data) || (takesText(event) && carriesText(data))) return;
  event.preventDefault();
  refuse();
}

function handlePaste(event: ClipboardEvent): void {
  const { clipboardData: data } = event;
  if (!carriesFiles(data) || carriesText(data)) return;
  event.preventDefault();
  refuse();
}

/** In the capture phase, before any other listener, so that no element can let a file through. */
export function guardAgainstFiles(page: Window | HTMLElement): () => void {
  const handlers = { dragenter: handleDragOver, dragover: handleDragOver, drop: handleDrop, paste: handlePaste };
  const all = Object.entries(handlers) as [string, EventListener][];
  for (const [event, handler] of all) page.addEventListener(event, handler, true);
  return () => {
    for (const [event, handler] of all) page.removeEventListener(event, handler, true);
  };
}
