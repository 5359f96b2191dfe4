import { type FormEvent, useId, useState } from 'react';
import type { ChannelSummary } from '../../chat/chat.ts';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useOnlineOnly } from '../kit/online-only.tsx';
import { Problem } from '../kit/problem.tsx';
import { FieldProblem } from '../kit/text-field.tsx';
import { useToaster } from '../kit/toasts.tsx';
import { useFormProblems } from '../page/hooks/use-form-problems.ts';
import { nameProblem } from '../text/name-problem.ts';
import { sentenceOf } from '../text/sentence-of.ts';

export function RenameSection({ channel }: { readonly channel: ChannelSummary }) {
  const chat = useChatClient();
  const { say } = useToaster();
  const [name, setName] = useState(channel.name);
  const [problem, setProblem] = useState<string | null>(null);
  const { problems, formRef, show, clear } = useFormProblems<'name'>();
  const { isOff, reasonId } = useOnlineOnly();
  const id = useId();
  const wrong = problems.name ?? null;
  const isChanged = name.trim() !== channel.name;

  const handleSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (isOff) return;
    setProblem(null);
    const found = nameProblem(name.trim());
    if (!show(found === null ? {} : { name: found }) || !isChanged) return;
    try {
      await chat.renameTablo(channel.id, name.trim());
      say('Renamed.');
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };

  return (
    <section className="settings-section" aria-labelledby={`${id}-heading`}>
      <h3 id={`${id}-heading`}>Rename</h3>
      <form ref={formRef} className="settings-line" noValidate onSubmit={(event) => void handleSubmit(event)}>
        <input
          className="input"
          aria-label="New name of this tablo"
          aria-invalid={wrong !== null}
          aria-describedby={wrong === null ? reasonId : `${id}-problem`}
          aria-disabled={isOff || undefined}
          autoComplete="off"
          // The field is not disabled: a disabled field loses the focus, and screen readers skip it together with the reason.
          readOnly={isOff}
          value={name}
          onChange={(event) => {
            setName(event.target.value);
            clear('name');
          }}
        />
        <button
          type="submit"
          className="button button-plain"
          aria-disabled={!isChanged || isOff}
          aria-describedby={reasonId}
        >
          Rename
        </button>
      </form>
      <FieldProblem id={`${id}-problem`} text={wrong} />
      <Problem text={problem} />
    </section>
  );
}
