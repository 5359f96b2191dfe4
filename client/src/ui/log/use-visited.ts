import type { TabloId } from '@tablo/schema/ids';
import { useEffect, useState } from 'react';

const MOST = 50;

/** Tablos that were looked at since the page was opened, the last one first. */
export function useVisited(tabloId: TabloId | null): readonly TabloId[] {
  const [visited, setVisited] = useState<readonly TabloId[]>([]);

  useEffect(() => {
    if (tabloId === null) return;
    setVisited((known) => [tabloId, ...known.filter((id) => id !== tabloId)].slice(0, MOST));
  }, [tabloId]);

  return visited;
}
