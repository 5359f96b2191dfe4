import type { EntryId } from '@tablo/schema/ids';
import { MAX_TEXT_CODE_POINTS } from '@tablo/schema/limits';
import { countCodePoints, isVisible } from '@tablo/schema/names/text';
import { SendHorizontal } from 'lucide-react';
import { type ElementType, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { type EditUnderWay, isChangedEdit } from '../../chat/draft-aim.ts';
import { useReadable } from '../../hooks/use-readable.ts';
import { Problem } from '../kit/problem.tsx';
import { COMPOSER_ID } from '../page/focus.ts';
import { useAutosize } from '../page/hooks/use-autosize.ts';
import { useIsTouch } from '../page/media.ts';
import { useRoom } from '../people/room-context.tsx';
import { lengthProblem, unseenProblem } from '../text/phrases.ts';
import { sentenceOf } from '../text/sentence-of.ts';
import { ComposerContext } from './composer-context.tsx';
import { TypingLine } from './typing-line.tsx';
import { isTargetGone, type useAim } from './use-aim.ts';
import { useDraft } from './use-draft.ts';
import { useTyping } from './use-typing.ts';

interface ComposerProps {
  readonly aim: ReturnType<typeof useAim>;
  /** Goes up with every message that somebody picks to answer or edit. */
  readonly picks: number;
  /** Why nothing can be written, where that is so; empty while it is not known yet. */
  readonly closedText: string;
  readonly onSent: () => void;
  readonly onEditLast: () => void;
  readonly as?: ElementType | null;
}

/** What was wrong, and with which text: `of` is the message that it edits or answers. */
interface ShownProblem {
  readonly of: EntryId | null;
  readonly sentence: string;
}

const EDIT_OF_DELETED = 'This message has been deleted. What you typed is kept; send it again as a new message.';

const PROBLEM_ID = 'composer-problem';
/** The counter appears this close to the limit. */
const COUNTER_FROM = MAX_TEXT_CODE_POINTS - 500;

/** A plain `<textarea>`: the kit's field is a contenteditable that keeps pasted markup (TRAPS 5). */
export function Composer({ aim, picks, closedText, onSent, onEditLast }: ComposerProps) {
  const { handle, isWritable } = useRoom();
  const isTouch = useIsTouch();
  const fieldRef = useRef<HTMLTextAreaElement>(null);
  const draft = useDraft(handle);
  const typing = useTyping(handle);
  const view = useReadable(handle.view);
  /** The message is being sent and has just left the field. */
  const [handedReply, setHandedReply] = useState<EntryId | null>(null);
  const [shownProblem, setShownProblem] = useState<ShownProblem | null>(null);
  const { edit } = aim;
  const replyTo = aim.replyTo?.id === handedReply ? null : aim.replyTo;
  const target = edit?.target ?? replyTo;
  const isGone = target !== null && isTargetGone(view, handle.known(target.id), target);
  const text = edit?.text ?? draft.text;
  const points = text.length >= COUNTER_FROM ? countCodePoints(text.trim()) : 0;

  /** A problem of another text does not concern this one. */
  const problem = shownProblem !== null && shownProblem.of === (target?.id ?? null) ? shownProblem.sentence : null;
  const setProblem = (sentence: string | null) =>
    setShownProblem(sentence === null ? null : { of: target?.id ?? null, sentence });

  useEffect(() => {
    if (picks > 0) fieldRef.current?.focus();
  }, [picks]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another tablo, another beginning; on a phone the keyboard would cover it.
  useEffect(() => {
    const field = fieldRef.current;
    // Where the draft goes on; a browser would put the caret before it.
    field?.setSelectionRange(field.value.length, field.value.length);
    if (!isTouch) field?.focus({ preventScroll: true });
  }, [handle, isTouch, isWritable]);

  useAutosize(fieldRef, text, isWritable);

  const handleChange = (next: string) => {
    if (edit !== null) aim.writeEdit(next);
    else {
      draft.write(next);
      if (next.trim() === '') typing.stop();
      else typing.touch();
    }
    if (problem !== null) setProblem(lengthProblem(next, MAX_TEXT_CODE_POINTS));
  };

  /** Empties the field at once. The draft and its aim are removed only when the message is stored in the outbox. */
  const sendNew = async (trimmed: string) => {
    if (replyTo === null) return draft.hand(() => handle.send(trimmed));
    setHandedReply(replyTo.id);
    try {
      await draft.hand(async () => {
        await handle.send(trimmed, replyTo.id);
        aim.endReply(replyTo.id);
      });
    } finally {
      setHandedReply(null);
    }
  };

  /** A text is never sent as something else than it was meant: it stays as a draft, with the reason shown. */
  const keepAsDraft = (ended: EditUnderWay) => {
    draft.write(draft.text.trim() === '' ? ended.text : `${ended.text}\n${draft.text}`);
    aim.endEdit(ended);
    setShownProblem({ of: replyTo?.id ?? null, sentence: EDIT_OF_DELETED });
  };

  /** A message that is not in memory may be deleted, and an edit of it would be invisible. Without the server that is unknown. */
  const isGoneElsewhere = async (id: EntryId): Promise<boolean> =>
    handle.known(id) === null && (await handle.lookUp(id).catch(() => 'here')) === 'deleted';

  const stopAim = () => (edit !== null ? aim.stopEdit(null) : aim.stopReply());

  const handleSend = async () => {
    fieldRef.current?.focus();
    const trimmed = text.trim();
    const wrong = lengthProblem(trimmed, MAX_TEXT_CODE_POINTS) ?? unseenProblem(trimmed);
    setProblem(wrong);
    if (wrong !== null || trimmed === '') return;
    typing.stop();
    try {
      if (edit !== null) {
        if (isGone || (await isGoneElsewhere(edit.target.id))) return keepAsDraft(edit);
        const live = view.messages.find(({ id }) => id === edit.target.id);
        if (trimmed !== edit.target.text) await handle.edit(edit.target.id, trimmed, true);
        else if (live?.delivery.status === 'refused') await handle.retry(edit.target.id);
        aim.endEdit(edit);
        return;
      }
      await sendNew(trimmed);
      onSent();
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };

  const handleKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, Enter picks a word (229: Safari reports the end of composition first).
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey && !(isTouch && !event.ctrlKey && !event.metaKey)) {
      event.preventDefault();
      void handleSend();
    } else if (event.key === 'Escape' && target !== null) {
      event.preventDefault();
      stopAim();
    } else if (event.key === 'ArrowUp' && edit === null && text === '') {
      event.preventDefault();
      onEditLast();
    }
  };

  if (!isWritable) {
    return (
      <div className="composer composer-closed">
        <TypingLine />
        {closedText === '' ? <div className="composer-box composer-awaited" aria-hidden="true" /> : <p>{closedText}</p>}
        {draft.text.trim() !== '' && (
          <textarea className="composer-kept" aria-label="Your unsent draft" readOnly value={draft.text} />
        )}
        {isChangedEdit(edit) && (
          <textarea className="composer-kept" aria-label="Your unsent edit" readOnly value={edit.text} />
        )}
      </div>
    );
  }

  return (
    <div className="composer">
      <TypingLine />
      <Problem text={problem} id={PROBLEM_ID} />
      <div className="composer-box">
        {target !== null && (
          <ComposerContext kind={edit !== null ? 'edit' : 'reply'} target={target} isGone={isGone} onCancel={stopAim} />
        )}
        <div className="composer-line">
          <textarea
            ref={fieldRef}
            id={COMPOSER_ID}
            className="composer-field"
            aria-label="Message"
            aria-invalid={problem !== null}
            aria-describedby={problem === null ? undefined : PROBLEM_ID}
            placeholder={edit !== null ? 'Edit your message' : 'Write a message'}
            rows={1}
            // Empty, it has the page's direction, and so have the words in it.
            dir={text === '' ? undefined : 'auto'}
            enterKeyHint={isTouch ? 'enter' : 'send'}
            autoComplete="off"
            value={text}
            onChange={(event) => handleChange(event.target.value)}
            onKeyDown={handleKeyDown}
            onBlur={typing.stop}
          />
          <button
            type="button"
            className="send-button"
            aria-label="Send"
            title={isTouch ? 'Send' : 'Send (Enter)'}
            aria-disabled={!isVisible(text)}
            // Keeps the focus, and the phone's keyboard, where it is.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => void handleSend()}
          >
            <SendHorizontal className="points" size={20} aria-hidden />
          </button>
        </div>
        {points >= COUNTER_FROM && (
          <div className={`composer-count ${points > MAX_TEXT_CODE_POINTS ? 'composer-count-over' : ''}`}>
            <bdi>
              {points.toLocaleString('en')} / {MAX_TEXT_CODE_POINTS.toLocaleString('en')}
            </bdi>
          </div>
        )}
      </div>
    </div>
  );
}
