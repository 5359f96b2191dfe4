import { type ReactNode, useState } from 'react';
import { Dialog } from './dialog.tsx';
import { Problem } from './problem.tsx';
import { sentenceOf } from './sentence-of.ts';

interface ConfirmDialogProps {
  readonly title: ReactNode;
  readonly action: string;
  readonly children: ReactNode;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}

/** For what cannot be undone. Stays open, with the reason, when it did not work. */
export function ConfirmDialog({ title, action, children, onConfirm, onClose }: ConfirmDialogProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  const handleConfirm = async () => {
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
      <div className="dialog-text">{children}</div>
      <Problem text={problem} />
      <div className="dialog-actions">
        <button type="button" className="button button-plain" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button button-danger"
          data-autofocus
          disabled={isBusy}
          onClick={() => void handleConfirm()}
        >
          {action}
        </button>
      </div>
    </Dialog>
  );
}
