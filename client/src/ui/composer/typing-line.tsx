import type { RoomPerson } from '../../chat/chat.ts';
import { useReadable } from '../../hooks/use-readable.ts';
import { TypingIndicator } from '../kit/kit.tsx';
import { PersonName } from '../people/name.tsx';
import { useRoom } from '../people/room-context.tsx';

/** A line of fixed height, so that nothing moves when somebody types. */
export function TypingLine() {
  const { handle, personOf } = useRoom();
  const { typing } = useReadable(handle.presence);
  const people = typing.map((person) => personOf(person.id));
  return (
    <div className="typing-line">
      {people.length > 0 && <TypingIndicator content={<TypingSentence people={people} />} />}
    </div>
  );
}

type Typing = Pick<RoomPerson, 'short' | 'mark'> & Partial<Pick<RoomPerson, 'isNamed'>>;

export function TypingSentence({ people }: { readonly people: readonly Typing[] }) {
  const [one, two] = people.map(({ short, mark, isNamed = true }) => ({ name: short, mark, isNamed }));
  if (one === undefined) return null;
  if (people.length > 2) return <>{people.length} people are typing…</>;
  if (two === undefined)
    return (
      <>
        <PersonName person={one} isInline /> is typing…
      </>
    );
  return (
    <>
      <PersonName person={one} isInline /> and <PersonName person={two} isInline /> are typing…
    </>
  );
}
