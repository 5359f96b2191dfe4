import { Copy, Trash2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import type { RoomHandle } from '../../chat/chat.ts';
import { isChangedEdit } from '../../chat/draft-aim.ts';
import { useReadable } from '../../hooks/use-readable.ts';
import { DeadEnd } from '../kit/dead-end.tsx';
import { useToaster } from '../kit/toasts.tsx';
import { copyText } from '../page/copy-text.ts';
import { useNavigation } from '../page/navigation.tsx';

interface ClosedTabloProps {
  readonly handle: RoomHandle;
  /** `null`: as far as this device knows, it was never ours. */
  readonly name: string | null;
  readonly banner: ReactNode;
}

/**
 * [R6] A tablo that is not ours: one that does not exist, one of others, one that we were removed from, all the same. What was typed here and not sent can be
 * taken along [R8].
 */
export function ClosedTablo({ handle, name, banner }: ClosedTabloProps) {
  const { openList } = useNavigation();
  const draft = useReadable(handle.draft);
  const { edit } = useReadable(handle.aim);
  return (
    <div className="conversation">
      {banner}
      <DeadEnd
        title={
          name === null ? (
            'You cannot open this tablo'
          ) : (
            <>
              You can no longer open <bdi>{name}</bdi>
            </>
          )
        }
        sentence={
          name === null
            ? 'It does not exist, or you are not a member of it.'
            : 'You are not a member of it any more, or it was deleted.'
        }
      >
        {draft.trim() !== '' && (
          <KeptText
            label="Your unsent draft"
            text={draft}
            onDiscard={() => handle.draft.get() === draft && handle.setDraft('')}
          />
        )}
        {isChangedEdit(edit) && (
          <KeptText
            label="Your unsent edit"
            text={edit.text}
            onDiscard={() => handle.aim.get().edit === edit && handle.setAim({ ...handle.aim.get(), edit: null })}
          />
        )}
        <button type="button" className="button button-primary" onClick={openList}>
          To your tablos
        </button>
      </DeadEnd>
    </div>
  );
}

interface KeptTextProps {
  readonly label: string;
  readonly text: string;
  /** This runs some seconds later: a text that was typed since, in a tablo that one belongs to again, stays. */
  readonly onDiscard: () => void;
}

function KeptText({ label, text, onDiscard }: KeptTextProps) {
  const { say, attempt } = useToaster();
  const [isHidden, setIsHidden] = useState(false);
  /** Hidden at once, and deleted only when the toast with Undo closes. */
  const handleDiscard = () => {
    setIsHidden(true);
    say('Discarded.', { action: { label: 'Undo', run: () => setIsHidden(false) }, onGone: onDiscard });
  };
  if (isHidden) return null;
  return (
    <div className="kept-text">
      <textarea className="composer-kept" aria-label={label} readOnly dir="auto" value={text} />
      <button
        type="button"
        className="button button-plain"
        onClick={() => attempt(copyText(text).then(() => say('Copied.')))}
      >
        <Copy size={16} aria-hidden /> Copy text
      </button>
      <button type="button" className="button button-plain" onClick={handleDiscard}>
        <Trash2 size={16} aria-hidden /> Discard
      </button>
    </div>
  );
}
