import { useSyncExternalStore } from 'react';

const noChange = () => () => undefined;

/** False on a host's server and while its page is taken over: for what differs there, as time zones do, or must not stand in the HTML. */
export const useIsInBrowser = (): boolean =>
  useSyncExternalStore(
    noChange,
    () => true,
    () => false,
  );
