import { useFrame, useHeading } from '../page/frame.ts';

interface FirstStepsProps {
  readonly onCreate: () => void;
}

/** The first steps of a new account: create a tablo, or use an invitation. */
export function FirstSteps({ onCreate }: FirstStepsProps) {
  const frame = useFrame();
  const below = useHeading(2);
  // On a narrow frame they stand below the list's heading.
  const Heading = frame?.isNarrow ? 'h3' : below;
  // A host that lists its own boards makes them, too.
  if ((frame?.looks ?? null) !== null) return null;
  return (
    <div className="first-steps">
      <section>
        <Heading>Start a conversation</Heading>
        <p className="hint">
          A tablo is one conversation with the people you invite. Give it a name, then invite them.
        </p>
        <button type="button" className="button button-primary" onClick={onCreate}>
          Start a tablo
        </button>
      </section>
      <section>
        <Heading>Were you invited?</Heading>
        <p className="hint">
          Open the invitation link in this browser. It says who invites you and to what, and you join only if you
          accept.
        </p>
      </section>
    </div>
  );
}
