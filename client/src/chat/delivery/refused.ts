/** The part of `step` that decides what a refusal means: which entry is to blame, whether the document can stay, and when delivery goes on. */
import { createRefusal, REASONS, type ReasonCode, type Refusal } from '@tablo/schema/close-codes';
import type { EntryId } from '@tablo/schema/ids';
import { check } from './push.ts';
import type { Turn } from './turn.ts';

export function refused(turn: Turn, code: ReasonCode, message: string, ids: readonly EntryId[]): void {
  const { user, document, takenOut } = turn.world;
  const { held } = turn;
  // Others' entries that the server itself had shown us: it refuses what this device has stored, and none of what is in flight.
  if (code === 'not-your-entry' && ids.some((id) => (document?.get(id)?.author ?? user) !== user)) {
    turn.do({ type: 'doubt-numbers' });
    return startFromServer(turn);
  }
  const refusal = createRefusal(code, message);
  if (ids.length > 0 && ids.every((id) => takenOut.includes(id))) return refuseTakenOut(turn, ids, refusal);
  const named = held.filter((id) => ids.includes(id));
  const blamed = named.length > 0 ? named : held;
  const isQuestion = turn.state.phase === 'checking' && ids.length === 0 && held.length === 0;
  turn.change({ phase: 'away' });
  if (code === 'epoch-moved') {
    // The list tells where to; until it does, this document takes nothing.
    turn.do({ type: 'refresh-list' });
    return turn.replaceDocument('stored');
  }
  switch (REASONS[code].recovery) {
    case 'never':
      if (blamed.length > 0) turn.do({ type: 'refuse', ids: blamed, refusal });
      break;
    case 'backoff':
      turn.holdBack();
      // Nothing of ours was in flight but a question: asked again later, in the same place.
      if (isQuestion) return turn.stop('answer');
      break;
    case 'reauthenticate':
      turn.do({ type: 'expire-token' });
      turn.change({ authRefusals: turn.state.authRefusals + 1 });
      if (turn.state.authRefusals > 1) turn.holdBack();
      break;
    case 'resync': {
      // Nothing of ours was in flight: what is refused is what this device had stored, which the server no longer knows (a restored backup).
      const isOfOthers = code === 'not-your-entry' && ids.length === 0;
      if (held.length === 0 || ids.some((id) => !held.includes(id)) || isOfOthers) {
        turn.holdBack();
        return startFromServer(turn);
      }
      narrow(turn, blamed, refusal);
      break;
    }
  }
  turn.replaceDocument('stored');
}

/** What the server refuses of our stored document it may have lost: own entries of it are unsent again until it says that it has them. */
function startFromServer(turn: Turn): void {
  turn.replaceDocument('empty', turn.lostOf(turn.world.document?.entries ?? []));
}

/** Nothing is missing in the document: it is kept, and what came after them is in flight. */
function refuseTakenOut(turn: Turn, ids: readonly EntryId[], refusal: Refusal): void {
  turn.release(ids);
  turn.do({ type: 'refuse', ids, refusal });
  // What else becomes of them is asked, as after a join: one may have been taken back meanwhile.
  if (turn.state.phase === 'open' && !turn.state.waits.has('hold')) check(turn, 1);
}

function narrow(turn: Turn, blamed: readonly EntryId[], refusal: Refusal): void {
  const suspects = turn.state.suspects.slice(1);
  if (blamed.length === 1) {
    turn.change({ suspects });
    return turn.do({ type: 'refuse', ids: blamed, refusal });
  }
  const middle = Math.ceil(blamed.length / 2);
  turn.change({ suspects: [blamed.slice(0, middle), blamed.slice(middle), ...suspects] });
}
