import { type FormEvent, useState } from 'react';
import type { ChannelSummary } from '../chat/chat.ts';
import { useChatClient } from '../hooks/chat-provider.tsx';
import { nameProblem } from './new-tablo-dialog.tsx';
import { Problem } from './problem.tsx';
import { sentenceOf } from './sentence-of.ts';
import { useToaster } from './toasts.tsx';

export function RenameSection({ channel }: { readonly channel: ChannelSummary }) {
  const chat = useChatClient();
  const { say } = useToaster();
  const [name, setName] = useState(channel.name);
  const [problem, setProblem] = useState<string | null>(null);
  const isChanged = name.trim() !== channel.name;

  const handleSubmit = async (event: FormEvent) => {
    event.preventDefault();
    const wrong = nameProblem(name.trim());
    setProblem(wrong);
    if (wrong !== null || !isChanged) return;
    try {
      await chat.renameTablo(channel.id, name.trim());
      say('Renamed.');
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };

  return (
    <section className="settings-section">
      <h3>Rename</h3>
      <form className="settings-line" onSubmit={(event) => void handleSubmit(event)}>
        <input
          className="input"
          aria-label="New name of this tablo"
          autoComplete="off"
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <button type="submit" className="button button-plain" aria-disabled={!isChanged}>
          Rename
        </button>
      </form>
      <Problem text={problem} />
    </section>
  );
}
