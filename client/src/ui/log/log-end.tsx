import { LoaderCircle } from 'lucide-react';

interface LogEndProps {
  readonly hasProblem: boolean;
  readonly onLoadMore: () => void;
}

/** What stands below the last message that is here, where newer ones are still to come. */
export function LogEnd({ hasProblem, onLoadMore }: LogEndProps) {
  return (
    <div className="log-start">
      {hasProblem ? (
        <>
          <span>Newer messages could not be loaded.</span>
          <button type="button" className="link-button" onClick={onLoadMore}>
            Try again
          </button>
        </>
      ) : (
        <LoaderCircle className="spinner" size={20} aria-label="Loading" />
      )}
    </div>
  );
}
