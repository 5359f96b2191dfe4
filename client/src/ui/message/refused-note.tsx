import type { Refusal } from '@tablo/schema/close-codes';
import type { MemberEntry } from '@tablo/schema/entry';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { useDiscarding } from '../connection/discarding.tsx';
import { useToaster } from '../kit/toasts.tsx';
import { copyText } from '../page/copy-text.ts';
import { useRoom } from '../people/room-context.tsx';

/** [R8] A refused message, or a refused change of one, stays, with the reason and every way to handle it. */
export function RefusedNote(props: RefusedMessageProps | RefusedChangeProps) {
  return 'message' in props ? <RefusedMessage {...props} /> : <RefusedChange {...props} />;
}

interface RefusedMessageProps {
  readonly message: TimelineMessage;
  readonly refusal: Refusal;
}

function RefusedMessage({ message, refusal }: RefusedMessageProps) {
  const { handle, startEdit, isWritable } = useRoom();
  const { discard } = useDiscarding();
  const { attempt, say } = useToaster();
  return (
    <div className="refused">
      <span className="refused-reason">Not delivered. {refusal.message}</span>
      <span className="refused-actions">
        <button type="button" tabIndex={-1} className="link-button" onClick={() => attempt(handle.retry(message.id))}>
          Retry
        </button>
        {/* Without a composer there is no field to edit it in. */}
        {isWritable && (
          <button type="button" tabIndex={-1} className="link-button" onClick={() => startEdit(message)}>
            Edit
          </button>
        )}
        <button
          type="button"
          tabIndex={-1}
          className="link-button"
          onClick={() => attempt(copyText(message.text).then(() => say('Copied.')))}
        >
          Copy
        </button>
        <button
          type="button"
          tabIndex={-1}
          className="link-button"
          onClick={() => discard(handle, message.id, 'Message discarded.')}
        >
          Discard
        </button>
      </span>
    </div>
  );
}

const CHANGES: Record<MemberEntry['kind'], string> = {
  message: 'message',
  edit: 'edit',
  delete: 'deletion',
  reaction: 'reaction',
};

interface RefusedChangeProps {
  readonly entry: MemberEntry;
  readonly refusal: Refusal;
}

function RefusedChange({ entry, refusal }: RefusedChangeProps) {
  const { handle } = useRoom();
  const { discard } = useDiscarding();
  const { attempt, say } = useToaster();
  return (
    <div className="refused">
      <span className="refused-reason">
        Your {CHANGES[entry.kind]} was not accepted. {refusal.message}
      </span>
      {entry.kind === 'edit' && <span className="refused-text">{entry.text}</span>}
      <span className="refused-actions">
        <button type="button" tabIndex={-1} className="link-button" onClick={() => attempt(handle.retry(entry.id))}>
          Retry
        </button>
        {entry.kind === 'edit' && (
          <button
            type="button"
            tabIndex={-1}
            className="link-button"
            onClick={() => attempt(copyText(entry.text).then(() => say('Copied.')))}
          >
            Copy
          </button>
        )}
        <button
          type="button"
          tabIndex={-1}
          className="link-button"
          onClick={() => discard(handle, entry.id, 'Change discarded.')}
        >
          Discard
        </button>
      </span>
    </div>
  );
}
