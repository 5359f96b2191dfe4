import { useReadable } from '../hooks/use-readable.ts';
import { updatePage, waitingVersion } from './service-worker.ts';

export function UpdateBanner() {
  if (useReadable(waitingVersion) === null) return null;
  return (
    <div className="update">
      <span>A newer version is ready.</span>
      <button type="button" className="link-button" onClick={updatePage}>
        Load it now
      </button>
    </div>
  );
}
