import { Download } from 'lucide-react';
import { useState } from 'react';
import type { UnsyncedCounts } from '../../chat/chat.ts';
import { useSaveUnsent } from '../../ui/connection/use-save-unsent.ts';
import { ConfirmDialog } from '../../ui/dialog/confirm-dialog.tsx';
import { unsyncedSentence } from '../../ui/text/phrases.ts';

interface SignOutDialogProps {
  readonly unsynced: UnsyncedCounts;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}

/** [R8] Signing out deletes what this device holds, so what nobody else has would be lost. */
export function SignOutDialog({ unsynced, onConfirm, onClose }: SignOutDialogProps) {
  const [saved, setSaved] = useState('');
  const saveUnsent = useSaveUnsent(setSaved);
  return (
    <ConfirmDialog title="Sign out and lose them?" action="Sign out anyway" onConfirm={onConfirm} onClose={onClose}>
      <p>{unsyncedSentence(unsynced)} Signing out deletes everything from this device, these too.</p>
      {/* The first that asks for it gets the focus: a second Enter must not lose anything. */}
      <button type="button" className="button button-plain" data-autofocus onClick={saveUnsent}>
        <Download size={16} aria-hidden />
        Save a copy
      </button>
      <p className="hint" aria-live="polite">
        {saved}
      </p>
    </ConfirmDialog>
  );
}
