import { MessagesSquare } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { useFrame, useHeading, useMainElement } from '../page/frame.ts';
import { useListed } from '../page/hooks/use-listed.ts';
import { NewTabloDialog } from '../parts.ts';
import { FirstSteps } from './first-steps.tsx';

/** Beside the list while no tablo is open: which to pick or, without any, what to do first. */
export function NoTablo({ banner }: { readonly banner: ReactNode }) {
  const { status, channels } = useListed();
  const Heading = useHeading(1);
  const Main = useMainElement();
  const welcome = useFrame() === null ? 'Welcome to Tablo Chat' : 'No tablos yet';
  const [isCreating, setIsCreating] = useState(false);
  return (
    <Main className="conversation no-tablo">
      {banner}
      {status === 'ready' && (
        <div className="no-tablo-words">
          <MessagesSquare size={44} strokeWidth={1.4} aria-hidden />
          <Heading className="no-tablo-title">{channels.length === 0 ? welcome : 'Pick a tablo'}</Heading>
          {channels.length === 0 ? (
            <FirstSteps onCreate={() => setIsCreating(true)} />
          ) : (
            <p className="hint">
              Everything you open stays readable without a network, and what you write is sent later.
            </p>
          )}
        </div>
      )}
      {isCreating && <NewTabloDialog onClose={() => setIsCreating(false)} />}
    </Main>
  );
}
