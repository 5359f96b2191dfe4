import { useReadable } from '../../hooks/use-readable.ts';
import { useNow } from '../page/hooks/use-now.ts';
import { useRoom } from '../people/room-context.tsx';
import { progressSentence } from '../text/search-sentences.ts';
import type { Search } from './use-search.ts';

interface SearchOlderProps {
  readonly search: Search;
  readonly isWhole: boolean;
}

/** The button that searches messages which are not on this device. One button for both, so that the focus stays while it reads. */
export function SearchOlder({ search, isWhole }: SearchOlderProps) {
  const { handle } = useRoom();
  const now = useNow();
  const { closed } = useReadable(handle.view);
  const { progress, problem, searchOlder, stop } = search;
  if (isWhole || closed !== null) return null;
  return (
    <div className="search-older">
      <button type="button" className="button button-plain" onClick={progress === null ? searchOlder : stop}>
        {progress === null ? 'Search older messages' : 'Stop'}
      </button>
      <p className="hint" role={problem === null ? undefined : 'alert'}>
        <bdi>{progress === null ? problem : progressSentence(progress, now)}</bdi>
      </p>
    </div>
  );
}
