import type { TabloId } from '@tablo/schema/ids';
import { useEffect, useRef } from 'react';
import type { ChannelSummary } from '../../chat/chat.ts';
import { neighbourOf, nextUnreadOf } from '../list/tablo-order.ts';
import { useFrame } from '../page/frame.ts';

interface ShortcutOptions {
  readonly channels: readonly ChannelSummary[];
  readonly tabloId: TabloId | null;
  readonly onGoTo: () => void;
  readonly onHelp: () => void;
  readonly onTablo: (id: TabloId) => void;
}

const FIELD = 'input:not([type="radio"], [type="checkbox"]), textarea, select, [contenteditable]';
const isTyping = (target: EventTarget | null): boolean => target instanceof Element && target.closest(FIELD) !== null;

/**
 * The page's keys; inside a host application only those that are pressed in our part of it. Those of the composer and of the log are theirs. Nothing of it works
 * behind an open dialog.
 */
export function useShortcuts(options: ShortcutOptions): void {
  const optionsRef = useRef(options);
  optionsRef.current = options;
  const root = useFrame()?.root;

  useEffect(() => {
    const handleKeyDown = (event: KeyboardEvent) => {
      const ours = root?.current ?? document;
      if (root !== undefined && !(event.target instanceof Node && ours.contains(event.target))) return;
      const isBehindDialog = ours.querySelector('dialog[open]') !== null;
      // The default is prevented there too, or pressing the key twice would lead to the browser's address bar.
      if (isGoTo(event)) event.preventDefault();
      const run = isBehindDialog || event.isComposing ? null : commandOf(event, optionsRef.current);
      if (run === null) return;
      event.preventDefault();
      run();
    };
    document.addEventListener('keydown', handleKeyDown);
    return () => document.removeEventListener('keydown', handleKeyDown);
  }, [root]);
}

const isGoTo = ({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean =>
  (ctrlKey || metaKey) && !altKey && !shiftKey && key.toLowerCase() === 'k';

/** The command of the key; `null`: none of ours. */
function commandOf(event: KeyboardEvent, options: ShortcutOptions): (() => void) | null {
  const { key, altKey, shiftKey } = event;
  if (isGoTo(event)) return options.onGoTo;
  if (event.ctrlKey || event.metaKey) return null;
  if (altKey && (key === 'ArrowUp' || key === 'ArrowDown')) {
    const step = key === 'ArrowDown' ? 1 : -1;
    const { channels, tabloId, onTablo } = options;
    const next = shiftKey ? nextUnreadOf(channels, tabloId, step) : neighbourOf(channels, tabloId, step);
    return () => next !== null && onTablo(next);
  }
  if (key === '?' && !altKey && !isTyping(event.target)) return options.onHelp;
  return null;
}
