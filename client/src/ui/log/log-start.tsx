import { LoaderCircle } from 'lucide-react';
import { EmptyLog } from './empty-log.tsx';

interface LogStartProps {
  readonly isLoading: boolean;
  readonly isEmpty: boolean;
  /** No message is here yet. */
  readonly isBare: boolean;
  readonly isBeginning: boolean;
  readonly hasProblem: boolean;
  readonly onLoadMore: () => void;
}

/** What stands above the oldest message that is here. Always takes the same room: what is below it must not jump when older messages are being read. */
export function LogStart({ isLoading, isEmpty, isBare, isBeginning, hasProblem, onLoadMore }: LogStartProps) {
  if (isEmpty && !isLoading && !hasProblem) return <EmptyLog />;
  if (isLoading && isBare) return <LogSkeleton />;
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

/** As in `index.html`. */
const LogSkeleton = () => (
  <div className="log-skeleton" aria-hidden="true">
    <div />
    <div />
    <div />
    <div />
    <div />
  </div>
);
