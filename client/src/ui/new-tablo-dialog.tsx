import { MAX_TABLO_NAME_CODE_POINTS } from '@tablo/schema/limits';
import { parseName } from '@tablo/schema/name';
import { type FormEvent, useState } from 'react';
import { useChatClient } from '../hooks/chat-provider.tsx';
import { useConnection } from '../hooks/use-connection.ts';
import { Dialog } from './dialog.tsx';
import { useNavigation } from './navigation.tsx';
import { Problem } from './problem.tsx';
import { sentenceOf } from './sentence-of.ts';
import { TextField } from './text-field.tsx';
import { useFormProblems } from './use-form-problems.ts';

export function nameProblem(name: string): string | null {
  if (name.trim() === '') return 'Give it a name first.';
  const parsed = parseName(name, { max: MAX_TABLO_NAME_CODE_POINTS });
  return parsed.ok ? null : `The name ${parsed.error}.`;
}

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
