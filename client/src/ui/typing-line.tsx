import { useReadable } from '../hooks/use-readable.ts';
import { TypingIndicator } from './kit.tsx';
import { typingSentence } from './phrases.ts';
import { useRoom } from './room-context.tsx';

/** A line of fixed height, so that nothing moves when somebody types. */
export function TypingLine() {
  const { handle } = useRoom();
  const { typing } = useReadable(handle.presence);
  return (
    <div className="typing-line">
      {typing.length > 0 && <TypingIndicator content={typingSentence(typing.map((person) => person.name))} />}
    </div>
  );
}
