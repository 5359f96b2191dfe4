/**
 * Names and the page's own words where names stand. A name is always in a `<bdi>`, so that its direction ends with it; what the page says itself ("You")
 * is another element, in another colour: nobody gets there by calling themselves so.
 */
import { type PersonLabel, plainLabel } from '@tablo/schema/telling-apart';

/** Who wrote here, and is not among those who are known here now. */
const UNKNOWN_PERSON = 'Former member';

interface PersonNameProps {
  /** `null`: nobody that is known here. */
  readonly person: Pick<PersonLabel, 'name' | 'mark'> | null;
  /** In a sentence, as against in a line of its own that is cut when it is too long. */
  readonly isInline?: boolean;
}

export function PersonName({ person, isInline = false }: PersonNameProps) {
  if (person === null) return <span className="page-word">{UNKNOWN_PERSON}</span>;
  if (person.mark === null) return <bdi className="name">{person.name}</bdi>;
  if (isInline)
    return (
      <>
        <bdi className="name">{person.name}</bdi> <bdi className="name-mark">({person.mark})</bdi>
      </>
    );
  const isShort = person.mark.startsWith('#');
  return (
    <span className="name-line">
      <bdi className="name">{person.name}</bdi>{' '}
      <bdi className={isShort ? 'name-mark name-mark-short' : 'name-mark'}>{person.mark}</bdi>
    </span>
  );
}

/** The reader. */
export function You() {
  return <span className="page-word you">You</span>;
}

/** For labels and titles, where there are no elements. */
export const spokenName = (person: PersonLabel | null): string =>
  person === null ? UNKNOWN_PERSON : plainLabel(person);
