import { ConfirmDialog } from '../ui/confirm-dialog.tsx';

interface SignOutDialogProps {
  readonly unsent: number;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}

/** [R8] Signing out deletes what this device holds, so what is not delivered would be lost. */
export function SignOutDialog({ unsent, onConfirm, onClose }: SignOutDialogProps) {
  return (
    <ConfirmDialog title="Sign out and lose them?" action="Sign out anyway" onConfirm={onConfirm} onClose={onClose}>
      <p>
        {unsent === 1 ? 'One message or change is' : `${unsent} messages or changes are`} not delivered yet. Signing out
        deletes everything from this device, these too.
      </p>
    </ConfirmDialog>
  );
}
