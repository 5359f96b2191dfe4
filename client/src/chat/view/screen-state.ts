/**
 * How far what is in memory of a tablo can be trusted: the document and rows of this device are shown at once, and the server is asked for the newest page once per opening
 * and document. Pure.
 */

export type ScreenState =
  /** Nobody has it open. */
  | { readonly status: 'shut' }
  | Unverified
  /** The server has been asked. */
  | Asking
  | { readonly status: 'verified' };

interface Unsure {
  /** The server had answered before, since it was opened: what people see of that stays. */
  readonly isUpToDate: boolean;
  /** The timeline holds entries that neither the document nor a row does. */
  readonly isDoubtful: boolean;
}

interface Unverified extends Unsure {
  readonly status: 'unverified';
}

interface Asking extends Unsure {
  readonly status: 'asking';
}

export const SHUT: ScreenState = { status: 'shut' };
export const OPENED: ScreenState = { status: 'unverified', isUpToDate: false, isDoubtful: false };

/** The document is another one, of another epoch: what was verified with the last one has to be again. */
export const begunAnew = (state: ScreenState): ScreenState =>
  unverified(state, 'isDoubtful' in state && state.isDoubtful);

/** Something is shown on the server's word alone. */
export const doubted = (state: ScreenState): ScreenState => unverified(state, true);

export const asking = (state: Unverified): Asking => ({ ...state, status: 'asking' });

/** The state that was asked in has ended in an answer, or in none: then it is asked again at the next join. */
export const asked = (state: Asking, isAnswered: boolean): ScreenState =>
  isAnswered ? { status: 'verified' } : { ...state, status: 'unverified' };

/** The server has answered since the opening. */
export const isUpToDate = (state: ScreenState): boolean =>
  state.status === 'verified' || (state.status !== 'shut' && state.isUpToDate);

/** What is in memory is as the server has it; while it is asked, by the word of the join. */
export const isCurrent = (state: ScreenState): boolean =>
  state.status === 'verified' || (state.status === 'asking' && !state.isDoubtful);

function unverified(state: ScreenState, isDoubtful: boolean): ScreenState {
  return state.status === 'shut' ? state : { status: 'unverified', isUpToDate: isUpToDate(state), isDoubtful };
}
