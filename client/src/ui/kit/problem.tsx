import { CircleAlert } from 'lucide-react';

interface ProblemProps {
  readonly text: string | null;
  readonly id?: string;
}

/** What went wrong, in a sentence, beside what it is about. The element stays, so that assistive technology announces the text when it comes. */
export function Problem({ text, id }: ProblemProps) {
  return (
    <div role="alert" id={id} className={text === null ? 'hidden-visually' : 'problem'}>
      {text !== null && (
        <>
          <CircleAlert size={16} aria-hidden />
          <span>{text}</span>
        </>
      )}
    </div>
  );
}
