import { SignpostBig } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useHeading } from '../page/frame.ts';

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
  const Heading = useHeading(1);
  const sentenceId = useId();
  useEffect(() => headingRef.current?.focus(), []);
  return (
    <div className="dead-end">
      <SignpostBig size={40} strokeWidth={1.5} aria-hidden />
      <Heading ref={headingRef} tabIndex={-1} aria-describedby={sentenceId}>
        {title}
      </Heading>
      <p id={sentenceId}>{sentence}</p>
      {children}
    </div>
  );
}
