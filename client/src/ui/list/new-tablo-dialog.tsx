import { type FormEvent, useState } from 'react';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useConnection } from '../../hooks/use-connection.ts';
import { Dialog } from '../dialog/dialog.tsx';
import { Problem } from '../kit/problem.tsx';
import { TextField } from '../kit/text-field.tsx';
import { useFormProblems } from '../page/hooks/use-form-problems.ts';
import { useNavigation } from '../page/navigation.tsx';
import { nameProblem } from '../text/name-problem.ts';
import { sentenceOf } from '../text/sentence-of.ts';

export function NewTabloDialog({ onClose }: { readonly onClose: () => void }) {
  const chat = useChatClient();
  const connection = useConnection();
  const { openTablo } = useNavigation();
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const { problems, formRef, show, clear } = useFormProblems<'name'>();

  const handleSubmit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    setProblem(null);
    const wrong = nameProblem(name.trim());
    if (!show(wrong === null ? {} : { name: wrong })) return;
    setIsBusy(true);
    try {
      openTablo(await chat.createTablo(name.trim()));
      onClose();
    } catch (error) {
      setProblem(sentenceOf(error));
      setIsBusy(false);
    }
  };

  return (
    <Dialog title="Start a tablo" onClose={onClose}>
      <form ref={formRef} className="form" noValidate onSubmit={(event) => void handleSubmit(event)}>
        <TextField
          label="Name"
          data-autofocus
          autoComplete="off"
          placeholder="For example: Website launch"
          aria-required
          value={name}
          problem={problems.name ?? null}
          onChange={(event) => {
            setName(event.target.value);
            clear('name');
          }}
        />
        <Problem text={problem} />
        <p className="hint">
          {connection.status === 'online'
            ? 'You can invite people right after.'
            : 'Starting a tablo needs a connection to the server.'}
        </p>
        <div className="dialog-actions">
          <button type="button" className="button button-plain" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button button-primary" aria-disabled={isBusy}>
            Create
          </button>
        </div>
      </form>
    </Dialog>
  );
}
