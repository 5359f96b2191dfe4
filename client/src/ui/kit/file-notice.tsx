import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { createPortal } from 'react-dom';
import { useReadable } from '../../hooks/use-readable.ts';
import { dialogPlaces } from '../page/dialog-places.ts';
import { refusedFiles } from '../page/file-guard.ts';
import { useFrame } from '../page/frame.ts';

const SHOWN_MS = 10_000;

/** A modal dialog makes all that stands outside of it unreachable. */
const placeForNotice = (page: Element): Element => dialogPlaces.get().at(-1)?.closest('dialog') ?? page;

/** The answer to files, wherever they were dropped or pasted: also beside a sign-in form, and over a dialog. */
export function FileNotice() {
  const attempt = useReadable(refusedFiles);
  const root = useFrame()?.root;
  /** In a host application's page there may have been attempts before this mount. */
  const [before] = useState(root === undefined ? 0 : attempt);
  const [shown, setShown] = useState<{ readonly attempt: number; readonly place: Element } | null>(null);
  const [isHeld, setIsHeld] = useState(false);

  useEffect(() => {
    if (attempt > before) setShown({ attempt, place: placeForNotice(root?.current ?? document.body) });
  }, [attempt, before, root]);

  useEffect(() => {
    if (shown === null || isHeld) return;
    const timer = setTimeout(() => setShown(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [shown, isHeld]);

  if (shown === null) return null;
  return createPortal(
    <div
      key={shown.attempt}
      className="toasts"
      role="alert"
      onPointerEnter={() => setIsHeld(true)}
      onPointerLeave={() => setIsHeld(false)}
    >
      <div className="toast">
        <span>Files cannot be sent here yet; you can send a link to one instead.</span>
        <button
          type="button"
          className="icon-button icon-button-small"
          aria-label="Dismiss"
          onClick={() => {
            setIsHeld(false);
            setShown(null);
          }}
        >
          <X size={16} aria-hidden />
        </button>
      </div>
    </div>,
    shown.place,
  );
}
