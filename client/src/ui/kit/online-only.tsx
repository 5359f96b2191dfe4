/** A control that needs the server shows that while offline: it is marked as disabled, is described by the reason, and does nothing. */
import { createContext, useContext } from 'react';

/** The id of the sentence that says why nothing can be changed now; `null`: everything can. */
export const OnlineOnlyContext = createContext<string | null>(null);

interface OnlineOnly {
  readonly isOff: boolean;
  readonly reasonId: string | undefined;
  /** For a button. It keeps the focus, so that a screen reader reads the reason. */
  readonly button: { readonly 'aria-disabled'?: true; readonly 'aria-describedby'?: string };
}

export function useOnlineOnly(): OnlineOnly {
  const reasonId = useContext(OnlineOnlyContext);
  return reasonId === null
    ? { isOff: false, reasonId: undefined, button: {} }
    : { isOff: true, reasonId, button: { 'aria-disabled': true, 'aria-describedby': reasonId } };
}
