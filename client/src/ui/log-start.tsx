import { LoaderCircle } from 'lucide-react';

interface LogStartProps {
  readonly isLoading: boolean;
  readonly isEmpty: boolean;
  readonly isBeginning: boolean;
  readonly hasProblem: boolean;
  readonly onLoadMore: () => void;
}

/** What stands above the oldest message that is here. Always takes the same room: what is below it must not jump when older messages are being read. */
export function LogStart({ isLoading, isEmpty, isBeginning, hasProblem, onLoadMore }: LogStartProps) {
  if (isEmpty && !isLoading && !hasProblem) {
    return (
      <div className="log-empty">
        <p className="log-empty-title">It is quiet here</p>
        <p className="hint">Write the first message. Everybody you invite can read it from the beginning.</p>
      </div>
    );
  }
  return (
    <div className="log-start">
      {isBeginning && !isEmpty ? (
        'The conversation begins here.'
      ) : hasProblem ? (
        <>
          <span>Older messages could not be loaded.</span>
          <button type="button" className="link-button" onClick={onLoadMore}>
            Try again
          </button>
        </>
      ) : (
        isLoading && <LoaderCircle className="spinner" size={20} aria-label="Loading" />
      )}
    </div>
  );
}
