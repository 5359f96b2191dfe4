/** The few facts about the page that the chat needs, replaceable in tests: is there a network, is the page visible, is it going away. */

/** `wake`: the page is in use again, after a sleep perhaps; comes several times, and with `visible`. */
export type EnvironmentEvent = 'online' | 'offline' | 'visible' | 'wake' | 'hide';

export interface Environment {
  isOnline(): boolean;
  /** Returns the way to stop listening. */
  on(event: EnvironmentEvent, listener: () => void): () => void;
}

function listen(target: EventTarget, event: string, listener: () => void): () => void {
  target.addEventListener(event, listener);
  return () => target.removeEventListener(event, listener);
}

export const browserEnvironment: Environment = {
  isOnline: () => navigator.onLine !== false,
  on(event, listener) {
    switch (event) {
      case 'online':
      case 'offline':
        return listen(window, event, listener);
      case 'visible':
        return listen(document, 'visibilitychange', () => {
          if (document.visibilityState === 'visible') listener();
        });
      case 'wake': {
        const stops = [
          listen(document, 'resume', listener), // Page Lifecycle: a frozen page goes on.
          listen(window, 'pageshow', listener), // Out of the back/forward cache, among others.
          listen(window, 'focus', listener),
        ];
        return () => {
          for (const stop of stops) stop();
        };
      }
      case 'hide': {
        // Phones end a hidden page without another word.
        const stops = [
          listen(window, 'pagehide', listener),
          listen(document, 'visibilitychange', () => {
            if (document.visibilityState === 'hidden') listener();
          }),
        ];
        return () => {
          for (const stop of stops) stop();
        };
      }
    }
  },
};

/** For Node: always there, never hidden. */
export const steadyEnvironment: Environment = { isOnline: () => true, on: () => () => {} };

export function detectEnvironment(): Environment {
  return typeof window === 'undefined' || typeof document === 'undefined' ? steadyEnvironment : browserEnvironment;
}
