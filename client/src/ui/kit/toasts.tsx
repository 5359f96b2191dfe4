import { X } from 'lucide-react';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useReadable } from '../../hooks/use-readable.ts';
import { dialogPlaces } from '../page/dialog-places.ts';
import { sentenceOf } from '../text/sentence-of.ts';

const SHOWN_MS = 6_000;
/** Long enough to read the sentence and reach the button. */
const SHOWN_WITH_ACTION_MS = 10_000;

interface ToastOptions {
  readonly tone?: 'plain' | 'problem';
  /** A way back, or onwards. Taking it closes the toast. */
  readonly action?: { readonly label: string; readonly run: () => void };
  /** Closed by time or by hand, without the action. */
  readonly onGone?: () => void;
  /** Stays until it is closed by hand: for messages that must not be missed. Problems always stay. */
  readonly stays?: boolean;
}

interface Toast extends ToastOptions {
  readonly id: number;
  readonly text: string;
  /** By `performance.now`: a dialog that opens or closes meanwhile moves the toast, and gives it no more time. */
  readonly saidAt: number;
}

interface Toaster {
  /** Returns a function that removes the toast. */
  say(text: string, options?: ToastOptions): () => void;
  /** Runs a command and tells people when it fails. */
  attempt(work: Promise<unknown>): void;
}

const ToasterContext = createContext<Toaster>({ say: () => () => undefined, attempt: () => undefined });

export const useToaster = (): Toaster => useContext(ToasterContext);

/** Limit for toasts without an action; a toast with Undo is never removed by others. */
const MOST_PLAIN = 3;
let lastId = 0;

const staysOpen = ({ stays = false, tone }: ToastOptions): boolean => stays || tone === 'problem';

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const place = useReadable(dialogPlaces).at(-1) ?? null;

  const remove = useCallback((id: number) => setToasts((known) => known.filter((toast) => toast.id !== id)), []);

  const say = useCallback(
    (text: string, options: ToastOptions = {}) => {
      lastId += 1;
      const toast = { ...options, id: lastId, text, saidAt: performance.now() };
      setToasts((known) => {
        const others = known.filter((other) => other.text !== text || other.action !== undefined);
        const plain = others.filter((other) => other.action === undefined && !staysOpen(other));
        const pushedOut = toast.action === undefined ? plain.slice(0, -(MOST_PLAIN - 1)) : [];
        return [...others.filter((other) => !pushedOut.includes(other)), toast];
      });
      return () => remove(toast.id);
    },
    [remove],
  );

  const toaster = useMemo<Toaster>(
    () => ({
      say,
      attempt: (work) => void work.catch((error: unknown) => say(sentenceOf(error), { tone: 'problem' })),
    }),
    [say],
  );

  const views = toasts.map((toast) => <ToastView key={toast.id} toast={toast} onClosed={remove} />);

  return (
    <ToasterContext.Provider value={toaster}>
      {children}
      <div className="toasts" aria-live="polite">
        {place === null && views}
      </div>
      {place !== null && createPortal(views, place)}
    </ToasterContext.Provider>
  );
}

function ToastView({ toast, onClosed }: { readonly toast: Toast; readonly onClosed: (id: number) => void }) {
  const { id, text, tone = 'plain', action, onGone, saidAt } = toast;
  const stays = staysOpen(toast);
  // While the pointer or the focus is on it, the toast stays (WCAG 2.2.1).
  const [isHeld, setIsHeld] = useState(false);
  const wasHeld = useRef(false);

  const close = useCallback(() => {
    onClosed(id);
    onGone?.();
  }, [id, onClosed, onGone]);

  useEffect(() => {
    wasHeld.current ||= isHeld;
    if (stays || isHeld) return;
    const shownMs = action === undefined ? SHOWN_MS : SHOWN_WITH_ACTION_MS;
    // After that it gets its full time again.
    const timer = setTimeout(close, wasHeld.current ? shownMs : Math.max(0, saidAt + shownMs - performance.now()));
    return () => clearTimeout(timer);
  }, [close, stays, isHeld, action, saidAt]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only waits while somebody is at it.
    <div
      className={`toast toast-${tone}`}
      onPointerEnter={(event) => event.pointerType === 'mouse' && setIsHeld(true)}
      onPointerLeave={() => setIsHeld(false)}
      onFocus={() => setIsHeld(true)}
      onBlur={() => setIsHeld(false)}
    >
      <span>{text}</span>
      {action !== undefined && (
        <button
          type="button"
          className="toast-action"
          onClick={() => {
            onClosed(id);
            action.run();
          }}
        >
          {action.label}
        </button>
      )}
      <button type="button" className="icon-button icon-button-small" aria-label="Dismiss" onClick={close}>
        <X size={16} aria-hidden />
      </button>
    </div>
  );
}
