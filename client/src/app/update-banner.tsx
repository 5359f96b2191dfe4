import { useReadable } from '../hooks/use-readable.ts';
import { hasNewerVersion, updatePage } from './service-worker.ts';

export function UpdateBanner() {
  if (!useReadable(hasNewerVersion)) return null;
  return (
    <aside className="update" aria-label="Newer version">
      <span>A newer version is ready.</span>
      <button type="button" className="link-button" onClick={updatePage}>
        Load it now
      </button>
    </aside>
  );
}
