import { X } from 'lucide-react';
import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { noteDialogPlace } from '../page/dialog-places.ts';
import { followWay, wayFrom } from '../page/focus.ts';

interface DialogProps {
  /** Names in it stand in a `<bdi>`. */
  readonly title: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly size?: 'small' | 'medium';
}

/**
 * A modal `<dialog>`: mounted means open. The browser keeps the focus inside, gives it back, and makes the rest of the page inert. It gives it back only
 * while the element is in the page, so this is a layout effect: the clean-up of a plain one runs after React has taken the element out.
 */
export function Dialog({ title, onClose, children, size = 'small' }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const toastsRef = useRef<HTMLDivElement>(null);
  const headingId = useId();

  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog === null) return;
    const way = wayFrom(document.activeElement);
    if (!dialog.open) dialog.showModal();
    const noteClosed = toastsRef.current === null ? () => undefined : noteDialogPlace(toastsRef.current);
    // Reading what is asked comes first, but typing can start at once where there is something to type.
    (dialog.querySelector<HTMLElement>('[data-autofocus]') ?? dialog).focus();
    return () => {
      noteClosed();
      // This dialog closes together with those that it has opened: the browser gives no focus back while one of them is open.
      for (const inner of dialog.querySelectorAll<HTMLDialogElement>('dialog[open]')) inner.close();
      dialog.close();
      // The browser remembers only the element that had the focus, not its surroundings. If the element is gone, the focus is nowhere, or still on the closing dialog.
      const { activeElement } = document;
      if (activeElement === document.body || dialog.contains(activeElement)) followWay(way);
    };
  }, []);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click on the backdrop is a mouse's shortcut; the keyboard has Escape and the close button.
    <dialog
      ref={ref}
      className={`dialog dialog-${size}`}
      aria-labelledby={headingId}
      tabIndex={-1}
      onCancel={(event) => {
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onClose();
      }}
      // The browser closes it by itself after a second Escape; our own `close()` when unmounting may report late.
      onClose={() => ref.current?.open === false && onClose()}
      onClick={(event) => event.target === event.currentTarget && onClose()}
    >
      <div className="dialog-body">
        <header className="dialog-header">
          <h2 id={headingId}>{title}</h2>
          <button type="button" className="icon-button icon-button-small" aria-label="Close" onClick={onClose}>
            <X size={18} aria-hidden />
          </button>
        </header>
        {children}
      </div>
      <div ref={toastsRef} className="toasts" aria-live="polite" />
    </dialog>
  );
}
