import { canModerate, canWrite, type Role } from '@tablo/schema/roles';
import { FirstInvite } from '../parts.ts';
import { useRoom } from '../people/room-context.tsx';

function wordsFor(role: Role): string {
  if (canModerate(role)) return 'Write the first message, or invite people first: they can read from the beginning.';
  if (canWrite(role)) return 'Write the first message. Whoever joins later can read it too.';
  return 'Nobody has written yet. As a guest you can read here, not write.';
}

/** Shown while there are no messages: the next steps for this reader. */
export function EmptyLog() {
  const { handle, role, invitePeople } = useRoom();
  return (
    <div className="log-empty">
      <p className="log-empty-title">It is quiet here</p>
      <p className="hint">{wordsFor(role)}</p>
      {canModerate(role) && <FirstInvite tabloId={handle.id} onInvite={invitePeople} />}
    </div>
  );
}
