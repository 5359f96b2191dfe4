import { MAX_TEXT_CODE_POINTS } from '@tablo/schema/limits';
import { countCodePoints, isVisible } from '@tablo/schema/text';
import type { TimelineMessage } from '@tablo/schema/timeline';
import { SendHorizontal } from 'lucide-react';
import { type ElementType, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { ComposerContext } from './composer-context.tsx';
import { useIsTouch } from './media.ts';
import { lengthProblem, unseenProblem } from './phrases.ts';
import { Problem } from './problem.tsx';
import { useRoom } from './room-context.tsx';
import { sentenceOf } from './sentence-of.ts';
import { TypingLine } from './typing-line.tsx';
import { useAutosize } from './use-autosize.ts';
import { useDraft } from './use-draft.ts';
import { useTyping } from './use-typing.ts';

export type ComposerMode =
  | { readonly type: 'new'; readonly replyTo: TimelineMessage | null }
  | { readonly type: 'edit'; readonly target: TimelineMessage };

interface ComposerProps {
  readonly mode: ComposerMode;
  /** Why nothing can be written, where that is so. */
  readonly closedText: string;
  readonly onModeChange: (mode: ComposerMode) => void;
  readonly onSent: () => void;
  readonly onEditLast: () => void;
  readonly as?: ElementType | null;
}

const NEW: ComposerMode = { type: 'new', replyTo: null };
/** The counter appears this close to the limit. */
const COUNTER_FROM = MAX_TEXT_CODE_POINTS - 500;

/** A plain `<textarea>`: the kit's field is a contenteditable that keeps pasted markup (TRAPS 5). */
export function Composer({ mode, closedText, onModeChange, onSent, onEditLast }: ComposerProps) {
  const { handle, isWritable } = useRoom();
  const isTouch = useIsTouch();
  const fieldRef = useRef<HTMLTextAreaElement>(null);
  const draft = useDraft(handle);
  const typing = useTyping(handle);
  const [edited, setEdited] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const isEdit = mode.type === 'edit';
  const text = isEdit ? edited : draft.text;
  const points = text.length >= COUNTER_FROM ? countCodePoints(text.trim()) : 0;

  useEffect(() => {
    if (mode.type === 'edit') setEdited(mode.target.text);
    setProblem(null);
    if (mode.type === 'edit' || mode.replyTo !== null) fieldRef.current?.focus();
  }, [mode]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another tablo, another beginning; on a phone the keyboard would cover it.
  useEffect(() => {
    const field = fieldRef.current;
    // Where the draft goes on; a browser would put the caret before it.
    field?.setSelectionRange(field.value.length, field.value.length);
    if (!isTouch) field?.focus({ preventScroll: true });
  }, [handle, isTouch, isWritable]);

  useAutosize(fieldRef, text);

  const handleChange = (next: string) => {
    if (isEdit) setEdited(next);
    else {
      draft.write(next);
      if (next.trim() === '') typing.stop();
      else typing.touch();
    }
    if (problem !== null) setProblem(lengthProblem(next, MAX_TEXT_CODE_POINTS));
  };

  const handleSend = async () => {
    fieldRef.current?.focus();
    const trimmed = text.trim();
    const wrong = lengthProblem(trimmed, MAX_TEXT_CODE_POINTS) ?? unseenProblem(trimmed);
    setProblem(wrong);
    if (wrong !== null || trimmed === '') return;
    typing.stop();
    try {
      if (mode.type === 'edit') {
        if (trimmed !== mode.target.text) await handle.edit(mode.target.id, trimmed);
        else if (mode.target.delivery.status === 'refused') await handle.retry(mode.target.id);
        onModeChange(NEW);
        return;
      }
      const replyTo = mode.replyTo?.id;
      if (mode.replyTo !== null) onModeChange(NEW);
      await draft.hand(() => (replyTo === undefined ? handle.send(trimmed) : handle.send(trimmed, replyTo)));
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
    } else if (event.key === 'Escape' && (isEdit || mode.replyTo !== null)) {
      event.preventDefault();
      onModeChange(NEW);
    } else if (event.key === 'ArrowUp' && !isEdit && text === '') {
      event.preventDefault();
      onEditLast();
    }
  };

  if (!isWritable) {
    return (
      <div className="composer composer-closed">
        <TypingLine />
        {closedText !== '' && <p>{closedText}</p>}
        {text.trim() !== '' && (
          <textarea className="composer-kept" aria-label="Your unsent draft" readOnly value={text} />
        )}
      </div>
    );
  }

  return (
    <div className="composer">
      <TypingLine />
      <Problem text={problem} />
      <div className="composer-box">
        <ComposerContext mode={mode} onCancel={() => onModeChange(NEW)} />
        <div className="composer-line">
          <textarea
            ref={fieldRef}
            className="composer-field"
            aria-label="Message"
            aria-invalid={problem !== null}
            placeholder={isEdit ? 'Edit your message' : 'Write a message'}
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
