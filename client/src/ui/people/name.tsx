/**
 * Names and the page's own words where names stand. A name is always in a `<bdi>`, so that its direction ends with it; what the page says itself ("You", "Someone")
 * is another element, in another colour: a name can never look like that.
 */
import { plainLabel } from '@tablo/schema/names/telling-apart';
import type { RoomPerson } from '../../chat/chat.ts';

/** Absent: named, and there. */
type Shown = Pick<RoomPerson, 'name' | 'mark'> & Partial<Pick<RoomPerson, 'isNamed' | 'hasLeft'>>;

interface PersonNameProps {
  readonly person: Shown;
  /** In a sentence, as against in a line of its own that is cut when it is too long. */
  readonly isInline?: boolean;
}

export function PersonName({ person, isInline = false }: PersonNameProps) {
  const { mark } = person;
  const hint = hasHint(person) && <span className="hidden-visually"> {LEFT}</span>;
  if (mark === null)
    return (
      <>
        <Name person={person} />
        {hint}
      </>
    );
  if (isInline)
    return (
      <>
        <Name person={person} /> <bdi className="name-mark">({mark})</bdi>
        {hint}
      </>
    );
  const isShort = mark.startsWith('#');
  return (
    <span className="name-line">
      <Name person={person} /> <bdi className={isShort ? 'name-mark name-mark-short' : 'name-mark'}>{mark}</bdi>
      {hint}
    </span>
  );
}

function Name({ person: { name, isNamed = true, hasLeft = false } }: { readonly person: Shown }) {
  const left = hasLeft ? ' name-left' : '';
  return isNamed ? <bdi className={`name${left}`}>{name}</bdi> : <span className={`page-word${left}`}>{name}</span>;
}

/** The meaning of the grey colour, as text for screen readers. */
const LEFT = '(left)';

/** A person without a name is shown by a word that already says so. */
const hasHint = ({ hasLeft, isNamed = true }: Shown): boolean => hasLeft === true && isNamed;

/** The reader. */
export function You() {
  return <span className="page-word you">You</span>;
}

/** For labels and titles, where there are no elements. */
export const spokenName = (person: Shown): string =>
  hasHint(person) ? `${plainLabel(person)} ${LEFT}` : plainLabel(person);
