import { Pencil, Reply, X } from 'lucide-react';
import type { ComposerMode } from './composer.tsx';
import { quotedText } from './message-quote.tsx';
import { PersonName } from './name.tsx';
import { useRoom } from './room-context.tsx';

interface ComposerContextProps {
  readonly mode: ComposerMode;
  readonly onCancel: () => void;
}

/** Above the field: what is being answered or edited. */
export function ComposerContext({ mode, onCancel }: ComposerContextProps) {
  const { personOf, userId } = useRoom();
  if (mode.type === 'new' && mode.replyTo === null) return null;
  const message = mode.type === 'edit' ? mode.target : mode.replyTo;
  if (message === null) return null;
  const Icon = mode.type === 'edit' ? Pencil : Reply;
  return (
    <div className="composer-context">
      <Icon size={16} aria-hidden />
      <div className="composer-context-words">
        <span className="composer-context-title truncate">
          {mode.type === 'edit' ? (
            'Editing'
          ) : message.author === userId ? (
            'Replying to yourself'
          ) : (
            <>
              Replying to <PersonName person={personOf(message.author)} isInline />
            </>
          )}
        </span>
        <bdi className="truncate">{quotedText(message)}</bdi>
      </div>
      <button
        type="button"
        className="icon-button icon-button-small"
        aria-label={mode.type === 'edit' ? 'Stop editing' : 'Do not reply'}
        onClick={onCancel}
      >
        <X size={16} aria-hidden />
      </button>
    </div>
  );
}
