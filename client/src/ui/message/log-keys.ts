/**
 * The conversation by keyboard. It is one tab stop; inside, the focus walks.
 * 1. On a message: ↑ ↓ Page Up Page Down Home End to other messages, Enter or → to its links and buttons, R replies, E edits, Escape goes to the composer.
 * 2. On a link or button of a message: ← → Home End among them, ← on the first and Escape back to the message, ↑ ↓ to other messages.
 * 3. Whatever else is typed, wherever in the log, goes into the composer.
 */
import type { EntryId } from '@tablo/schema/ids';
import type { KeyboardEvent } from 'react';
import { focusComposer } from '../page/focus.ts';

export const REPLY_KEY = 'r';
export const EDIT_KEY = 'e';

const MESSAGE = '[data-message-id]';
const CONTROLS = 'a[href], button:not(:disabled)';
const FIELDS = 'input, textarea, select, [contenteditable="true"]';
/** How much of the view a page is: a little of what was read stays in it. */
const PAGE_SHARE = 0.85;

export interface LogCommands {
  /** Of all that are loaded, whether or not they are in the page now. */
  readonly oldestId: EntryId | undefined;
  readonly newestId: EntryId | undefined;
  /** Brings the message into the page, and gives it the focus. */
  jumpTo(id: EntryId): void;
  /** `false`: it can't be done with this message, or the key is meant otherwise. */
  reply(id: EntryId): boolean;
  edit(id: EntryId): boolean;
}

/** For `onKeyDown` of the log. */
export function handleLogKey(event: KeyboardEvent<HTMLElement>, commands: LogCommands): void {
  const log = event.currentTarget;
  const { key, nativeEvent, shiftKey } = event;
  if (event.defaultPrevented || nativeEvent.isComposing || !(event.target instanceof HTMLElement)) return;
  // A dialog that was opened from here has keys of its own: React passes their events to the log too.
  if (event.target.matches(FIELDS) || event.target.closest('dialog') !== null) return;
  const isAltGraph = event.getModifierState('AltGraph');
  if ((event.ctrlKey || event.metaKey || event.altKey) && !isAltGraph) return;

  const message = event.target.closest<HTMLElement>(MESSAGE);
  const isOnMessage = message === event.target;
  if (isCharacter(key)) {
    if (message !== null && isOnMessage && !shiftKey && runCommand(key, message, commands)) event.preventDefault();
    // The character follows the focus, and is put in there.
    else focusComposer();
    return;
  }
  if (shiftKey) return;
  if (key === 'Escape') {
    if (message === null || isOnMessage) focusComposer();
    else message.focus({ preventScroll: true });
  } else if (message !== null && !isOnMessage) {
    if (!walkControls(key, log, message, event.target) && !walkMessages(key, log, message, commands)) return;
  } else if (message === null && event.target !== log) {
    return;
  } else if (!(message !== null && enterMessage(key, log, message)) && !walkMessages(key, log, message, commands)) {
    return;
  }
  event.preventDefault();
}

/** Space scrolls and presses buttons; the question mark asks for the list of shortcuts, wherever one is. */
const isCharacter = (key: string): boolean => key === 'Dead' || ([...key].length === 1 && key !== ' ' && key !== '?');

function runCommand(key: string, message: HTMLElement, commands: LogCommands): boolean {
  const id = message.dataset.messageId as EntryId;
  if (key.toLowerCase() === REPLY_KEY) return commands.reply(id);
  return key.toLowerCase() === EDIT_KEY && commands.edit(id);
}

const isRightToLeft = (element: HTMLElement): boolean => getComputedStyle(element).direction === 'rtl';

const controlsOf = (message: HTMLElement): HTMLElement[] =>
  [...message.querySelectorAll<HTMLElement>(CONTROLS)].filter((control) => control.getClientRects().length > 0);

function focusOn(element: HTMLElement | undefined): boolean {
  if (element === undefined) return false;
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: 'nearest' });
  return true;
}

function enterMessage(key: string, log: HTMLElement, message: HTMLElement): boolean {
  if (key !== 'Enter' && key !== (isRightToLeft(log) ? 'ArrowLeft' : 'ArrowRight')) return false;
  return focusOn(controlsOf(message)[0]);
}

function walkControls(key: string, log: HTMLElement, message: HTMLElement, control: HTMLElement): boolean {
  const controls = controlsOf(message);
  const here = controls.indexOf(control);
  const [forward, back] = isRightToLeft(log) ? ['ArrowLeft', 'ArrowRight'] : ['ArrowRight', 'ArrowLeft'];
  if (key === forward) return focusOn(controls[here + 1] ?? control);
  if (key === back) return focusOn(here > 0 ? controls[here - 1] : message);
  if (key === 'Home') return focusOn(controls[0]);
  return key === 'End' && focusOn(controls.at(-1));
}

function walkMessages(key: string, log: HTMLElement, from: HTMLElement | null, commands: LogCommands): boolean {
  const all = [...log.querySelectorAll<HTMLElement>(MESSAGE)];
  const here = from === null ? -1 : all.indexOf(from);
  switch (key) {
    case 'ArrowUp':
      return focusOn(here < 0 ? all.at(-1) : all[here - 1]);
    case 'ArrowDown':
      return here >= 0 && focusOn(all[here + 1]);
    case 'PageUp':
      return here >= 0 && focusOn(pageFrom(log, all, here, -1));
    case 'PageDown':
      return here >= 0 && focusOn(pageFrom(log, all, here, 1));
    case 'Home':
      return toEnd(log, all[0], commands.oldestId, 0, commands);
    case 'End':
      return toEnd(log, all.at(-1), commands.newestId, log.scrollHeight, commands);
    default:
      return false;
  }
}

/** The message about a page away; none where the one that has the focus is not read to its end in that direction: the browser scrolls it. */
function pageFrom(log: HTMLElement, all: readonly HTMLElement[], here: number, step: 1 | -1): HTMLElement | undefined {
  const view = log.getBoundingClientRect();
  const from = all[here]?.getBoundingClientRect();
  if (from === undefined || (step > 0 ? from.bottom > view.bottom + 1 : from.top < view.top - 1)) return undefined;
  let index = here + step;
  const isWithin = (next: HTMLElement | undefined) =>
    next !== undefined && Math.abs(next.getBoundingClientRect().top - from.top) <= view.height * PAGE_SHARE;
  while (isWithin(all[index + step])) index += step;
  return all[index];
}

/** To the first or the last of all that are loaded, and with it all the way: what stands beyond it is in view, and older ones are fetched. */
function toEnd(
  log: HTMLElement,
  shown: HTMLElement | undefined,
  id: EntryId | undefined,
  scrollTop: number,
  commands: LogCommands,
): boolean {
  if (id === undefined) return false;
  if (shown?.dataset.messageId !== id) commands.jumpTo(id);
  else {
    shown.focus({ preventScroll: true });
    log.scrollTop = scrollTop;
  }
  return true;
}
