import type { Draft } from './draft.ts';

/** Tells when something is typed that was not, and when nothing is any more: not of every key. */
export function watchWritten(draft: Draft, tell: (isWritten: boolean) => void): void {
  let wasWritten = false;
  const handleChange = () => {
    if (draft.isWritten === wasWritten) return;
    wasWritten = !wasWritten;
    tell(wasWritten);
  };
  draft.text.subscribe(handleChange);
  draft.aim.subscribe(handleChange);
}
