/** Which tablos somebody means who types a part of a name: the list's filter, and *Go to*. */
import type { TabloId } from '@tablo/schema/ids';
import { foldForSearch, hasAllWords, wordsOf } from '../../chat/view/search.ts';

interface Named {
  readonly id: TabloId;
  readonly name: string;
}

/** Those whose names hold every word of `query`, in the order in which they came. */
export function matchTablos<T extends Named>(tablos: readonly T[], query: string): readonly T[] {
  const wanted = wordsOf(query);
  return tablos.filter(({ name }) => hasAllWords(name, wanted));
}

/**
 * The same, the likeliest first: names that begin with what is typed, then names in which each word begins one, then all others. Among equals those that
 * were looked at last come first, then those with the newest messages; the one that is open comes last, since one is there already.
 */
export function rankTablos<T extends Named>(
  tablos: readonly T[],
  query: string,
  { visited, current }: { readonly visited: readonly TabloId[]; readonly current: TabloId | null },
): readonly T[] {
  const start = foldForSearch(query.trim());
  const wanted = wordsOf(query);
  const likeness = ({ name }: T): number => {
    if (foldForSearch(name).startsWith(start)) return 0;
    const words = wordsOf(name);
    return wanted.every((typed) => words.some((word) => word.startsWith(typed))) ? 1 : 2;
  };
  const turn = ({ id }: T): number => {
    if (id === current) return Number.POSITIVE_INFINITY;
    const place = visited.indexOf(id);
    return place < 0 ? visited.length : place;
  };
  const ranked = matchTablos(tablos, query).map((tablo) => ({ tablo, likeness: likeness(tablo), turn: turn(tablo) }));
  return ranked
    .sort((left, right) => left.likeness - right.likeness || compare(left.turn, right.turn))
    .map(({ tablo }) => tablo);
}

/** Two infinities are equal. */
const compare = (left: number, right: number): number => (left === right ? 0 : left - right);
