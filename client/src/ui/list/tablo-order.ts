/** From tablo to tablo by keys, in the order of the list. */
import type { TabloId } from '@tablo/schema/ids';

interface Listed {
  readonly id: TabloId;
  readonly unreadCount: number;
}
/** 1: downwards. */
type Step = 1 | -1;

/** The one below or above; `null` at the ends. Where none is open: the first, or from below the last. */
export function neighbourOf(tablos: readonly Listed[], current: TabloId | null, step: Step): TabloId | null {
  const here = tablos.findIndex(({ id }) => id === current);
  if (here < 0) return tablos.at(step === 1 ? 0 : -1)?.id ?? null;
  return tablos[here + step]?.id ?? null;
}

/** The next one below or above that has unread messages, beginning again at the other end. `null`: none has. */
export function nextUnreadOf(tablos: readonly Listed[], current: TabloId | null, step: Step): TabloId | null {
  const here = tablos.findIndex(({ id }) => id === current);
  const inOrder = step === 1 ? tablos : tablos.toReversed();
  const place = here < 0 ? -1 : step === 1 ? here : tablos.length - 1 - here;
  const others = [...inOrder.slice(place + 1), ...inOrder.slice(0, Math.max(place, 0))];
  return others.find(({ unreadCount }) => unreadCount > 0)?.id ?? null;
}
