import type { ReactNode } from 'react';
import { DeadEnd } from '../kit/dead-end.tsx';
import { useNavigation } from '../page/navigation.tsx';

/** An address that is none of ours. */
export function UnknownPlace({ banner }: { readonly banner: ReactNode }) {
  const { openList } = useNavigation();
  return (
    <main className="conversation">
      {banner}
      <DeadEnd title="There is nothing here" sentence="This address does not lead to anything in Tablo Chat.">
        <button type="button" className="button button-primary" onClick={openList}>
          To your tablos
        </button>
      </DeadEnd>
    </main>
  );
}
