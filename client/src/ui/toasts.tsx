import { X } from 'lucide-react';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { sentenceOf } from './sentence-of.ts';

const SHOWN_MS = 6_000;

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: 'plain' | 'problem';
}

interface Toaster {
  say(text: string): void;
  /** Runs a command and tells people when it fails. */
  attempt(work: Promise<unknown>): void;
}

const ToasterContext = createContext<Toaster>({ say: () => undefined, attempt: () => undefined });

export const useToaster = (): Toaster => useContext(ToasterContext);

let lastId = 0;

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);

  const add = useCallback((text: string, tone: Toast['tone']) => {
    lastId += 1;
    const toast = { id: lastId, text, tone };
    setToasts((known) => [...known.filter((other) => other.text !== text), toast].slice(-3));
  }, []);

  const toaster = useMemo<Toaster>(
    () => ({
      say: (text) => add(text, 'plain'),
      attempt: (work) => void work.catch((error: unknown) => add(sentenceOf(error), 'problem')),
    }),
    [add],
  );

  const handleGone = useCallback((id: number) => setToasts((known) => known.filter((toast) => toast.id !== id)), []);

  return (
    <ToasterContext value={toaster}>
      {children}
      <div className="toasts" aria-live="polite">
        {toasts.map((toast) => (
          <ToastView key={toast.id} toast={toast} onGone={handleGone} />
        ))}
      </div>
    </ToasterContext>
  );
}

function ToastView({ toast, onGone }: { readonly toast: Toast; readonly onGone: (id: number) => void }) {
  useEffect(() => {
    const timer = setTimeout(() => onGone(toast.id), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [toast.id, onGone]);

  return (
    <div className={`toast toast-${toast.tone}`}>
      <span>{toast.text}</span>
      <button
        type="button"
        className="icon-button icon-button-small"
        aria-label="Dismiss"
        onClick={() => onGone(toast.id)}
      >
        <X size={16} aria-hidden />
      </button>
    </div>
  );
}
