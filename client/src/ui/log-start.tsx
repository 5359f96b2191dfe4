import { LoaderCircle } from 'lucide-react';

interface LogStartProps {
  readonly isLoading: boolean;
  readonly isEmpty: boolean;
  readonly isBeginning: boolean;
  readonly hasProblem: boolean;
  readonly onLoadMore: () => void;
}

/** What stands above the oldest message that is here. */
export function LogStart({ isLoading, isEmpty, isBeginning, hasProblem, onLoadMore }: LogStartProps) {
  if (hasProblem) {
    return (
      <div className="log-start">
        <span>Older messages could not be loaded.</span>
        <button type="button" className="link-button" onClick={onLoadMore}>
          Try again
        </button>
      </div>
    );
  }
  if (isLoading) {
    return (
      <div className="log-start">
        <LoaderCircle className="spinner" size={20} aria-label="Loading" />
      </div>
    );
  }
  if (isEmpty) {
    return (
      <div className="log-empty">
        <p className="log-empty-title">It is quiet here</p>
        <p className="hint">Write the first message. Everybody you invite can read it from the beginning.</p>
      </div>
    );
  }
  return isBeginning ? <div className="log-start">The conversation begins here.</div> : null;
}
