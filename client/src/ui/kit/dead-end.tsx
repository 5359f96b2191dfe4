import { SignpostBig } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';

interface DeadEndProps {
  /** Names in it stand in a `<bdi>`. */
  readonly title: ReactNode;
  readonly sentence: string;
  /** The way on. */
  readonly children: ReactNode;
}

/** Where an address leads nowhere, or no longer: what is so, in one heading and one sentence, and the way on. */
export function DeadEnd({ title, sentence, children }: DeadEndProps) {
  const headingRef = useRef<HTMLHeadingElement>(null);
  const sentenceId = useId();
  useEffect(() => headingRef.current?.focus(), []);
  return (
    <div className="dead-end">
      <SignpostBig size={40} strokeWidth={1.5} aria-hidden />
      <h1 ref={headingRef} tabIndex={-1} aria-describedby={sentenceId}>
        {title}
      </h1>
      <p id={sentenceId}>{sentence}</p>
      {children}
    </div>
  );
}
