import { Pencil } from 'lucide-react';

/** Under the message whose text stands in the composer. */
export function EditingNote() {
  return (
    <span className="message-editing-note">
      <Pencil size={12} aria-hidden /> You are editing this
    </span>
  );
}
