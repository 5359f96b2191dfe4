import { Pencil, Reply, X } from 'lucide-react';
import type { AimTarget } from '../../chat/draft-aim.ts';
import { PersonName } from '../people/name.tsx';
import { useRoom } from '../people/room-context.tsx';

interface ComposerContextProps {
  readonly kind: 'edit' | 'reply';
  readonly target: AimTarget;
  /** The message was deleted after it was picked. */
  readonly isGone: boolean;
  readonly onCancel: () => void;
}

/** Above the field: what is being answered or edited. */
export function ComposerContext({ kind, target, isGone, onCancel }: ComposerContextProps) {
  const { personOf, userId } = useRoom();
  const Icon = kind === 'edit' ? Pencil : Reply;
  return (
    <div className="composer-context">
      <Icon size={16} aria-hidden />
      <div className="composer-context-words">
        {isGone && kind === 'edit' ? (
          <span role="note">
            <span className="composer-context-title">The message you were editing was deleted.</span> Your text is kept
            as a draft of a new message.
          </span>
        ) : (
          <>
            <span className="composer-context-title truncate">
              {kind === 'edit' ? (
                'Editing'
              ) : target.author === userId ? (
                'Replying to yourself'
              ) : (
                <>
                  Replying to <PersonName person={personOf(target.author)} isInline />
                </>
              )}
            </span>
            {isGone ? (
              <span role="note">
                <span>Message deleted</span>. Your text is kept.
              </span>
            ) : (
              <bdi className="truncate">{target.text.slice(0, 200).replace(/\s+/gu, ' ')}</bdi>
            )}
          </>
        )}
      </div>
      <button
        type="button"
        className="icon-button icon-button-small"
        aria-label={kind === 'edit' ? 'Stop editing' : 'Do not reply'}
        onClick={onCancel}
      >
        <X size={16} aria-hidden />
      </button>
    </div>
  );
}
