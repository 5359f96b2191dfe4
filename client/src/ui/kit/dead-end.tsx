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

/** The screen for an address that leads nowhere, or no longer: one heading, one sentence, and a way on. */
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
