import { useFrame } from '../page/frame.ts';

interface FirstStepsProps {
  readonly onCreate: () => void;
}

/** What somebody with a new account does first: one of two things, whichever brought them here. */
export function FirstSteps({ onCreate }: FirstStepsProps) {
  // A host that lists its own boards makes them, too.
  if ((useFrame()?.looks ?? null) !== null) return null;
  return (
    <div className="first-steps">
      <section>
        <h2>Start a conversation</h2>
        <p className="hint">
          A tablo is one conversation with the people you invite. Give it a name, then invite them.
        </p>
        <button type="button" className="button button-primary" onClick={onCreate}>
          Start a tablo
        </button>
      </section>
      <section>
        <h2>Were you invited?</h2>
        <p className="hint">
          Open the invitation link in this browser. It says who invites you and to what, and you join only if you
          accept.
        </p>
      </section>
    </div>
  );
}
