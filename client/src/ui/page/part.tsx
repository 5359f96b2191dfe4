/**
 * Parts of the page that come in scripts of their own, because nobody needs them to read and write: dialogs, menus, forms.
 * 1. All of them are loaded soon after the first screen (`useParts`): so a page without a network has them, and one whose files an update has replaced.
 * 2. What is loaded is rendered in the same turn as it is asked for: the focus, and a phone's keyboard, come at once.
 * 3. A part that cannot be loaded says so and offers to reload the page; drafts are kept.
 */
import { type ComponentType, useEffect, useState } from 'react';
import { loadScript } from '../../chat/base/load-script.ts';
import { whenIdle } from './when-idle.ts';

type Load = () => Promise<unknown>;
const all: Load[] = [];

/** One part: the loaded component, and the function that loads it. */
interface Source<Props> {
  component: ComponentType<Props> | null;
  readonly load: Load;
}

/** A component that stands for the one that `componentOf` finds in what `load` imports. */
export function createPart<Props extends object, Script>(
  load: () => Promise<Script>,
  componentOf: (script: Script) => ComponentType<Props>,
) {
  let loading: Promise<void> | null = null;
  const source: Source<Props> = {
    component: null,
    load: () => {
      loading ??= loadScript(load).then(
        (script) => {
          source.component = componentOf(script);
        },
        (error: unknown) => {
          loading = null; // Again, when it is asked for again.
          throw error;
        },
      );
      return loading;
    },
  };
  all.push(source.load);
  return Object.assign((props: Props) => <View source={source} props={props} />, { load: source.load });
}

function View<Props extends object>({ source, props }: { readonly source: Source<Props>; readonly props: Props }) {
  const { component: Component, load } = source;
  const [outcome, setOutcome] = useState<'loaded' | 'failed' | null>(null);
  useEffect(() => {
    if (source.component !== null) return;
    let isStale = false;
    const show = (next: 'loaded' | 'failed') => !isStale && setOutcome(next);
    const ask = () =>
      load().then(
        () => show('loaded'),
        () => show('failed'),
      );
    void ask();
    // A load that failed without a network is retried when the network is back.
    window.addEventListener('online', ask);
    return () => {
      isStale = true;
      window.removeEventListener('online', ask);
    };
  }, [source, load]);
  if (Component !== null) return <Component {...props} />;
  return outcome === 'failed' ? <Missing /> : null;
}

function Missing() {
  return (
    <div className="toasts" role="alert">
      <div className="toast toast-problem">
        <span>This part of the page could not be loaded.</span>
        <button type="button" className="toast-action" onClick={() => location.reload()}>
          Load the page again
        </button>
      </div>
    </div>
  );
}

const AFTER_MS = 2_000;

/** Loads the parts a moment after the first screen; one after another, so that the browser has time for them in between. */
export function useParts(isReady: boolean): void {
  useEffect(() => {
    if (!isReady) return;
    const timer = setTimeout(async () => {
      for (const load of all) {
        await whenIdle();
        await load().catch(() => undefined); // Without a network: it is asked for again when it is needed, and then the page says that it is missing.
      }
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, [isReady]);
}
