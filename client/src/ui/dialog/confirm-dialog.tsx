import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Problem } from '../kit/problem.tsx';
import { sentenceOf } from '../text/sentence-of.ts';
import { missingOfName } from '../text/typed-name.ts';
import { Dialog } from './dialog.tsx';

interface ConfirmDialogProps {
  readonly title: ReactNode;
  readonly action: string;
  readonly children: ReactNode;
  /** What has to be typed before it can be done. Absent: nothing. */
  readonly nameToType?: string;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}

/**
 * For what cannot be undone. The focus is on *Cancel*, so that the Enter that opened it, pressed once more, does nothing. Stays open, with the reason,
 * when it did not work.
 */
export function ConfirmDialog({ title, action, children, nameToType, onConfirm, onClose }: ConfirmDialogProps) {
  const [typed, setTyped] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const missing = nameToType === undefined ? null : missingOfName(typed, nameToType);

  const handleSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy || missing !== null) return;
    setIsBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      setProblem(sentenceOf(error));
      setIsBusy(false);
    }
  };

  return (
    <Dialog title={title} onClose={onClose}>
      <form noValidate onSubmit={(event) => void handleSubmit(event)}>
        <div className="dialog-text">
          {children}
          {nameToType !== undefined && <NameField value={typed} missing={missing} onChange={setTyped} />}
        </div>
        <Problem text={problem} />
        <div className="dialog-actions">
          <button type="button" className="button button-plain" data-autofocus onClick={onClose}>
            Cancel
          </button>
          {/* Not disabled while it works: a disabled button loses the focus. */}
          <button type="submit" className="button button-danger" disabled={missing !== null} aria-disabled={isBusy}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface NameFieldProps {
  readonly value: string;
  readonly missing: string | null;
  readonly onChange: (typed: string) => void;
}

function NameField({ value, missing, onChange }: NameFieldProps) {
  const id = useId();
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        Type its name to go on
      </label>
      <input
        id={id}
        className="input"
        dir="auto"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        aria-describedby={`${id}-missing`}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <p className="hint" id={`${id}-missing`} aria-live="polite">
        {missing ?? 'This is its name.'}
      </p>
    </div>
  );
}
