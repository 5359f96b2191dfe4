import { type EntryId, isEntryId } from '@tablo/schema/ids';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import type { Reached, RoomHandle } from '../../chat/chat.ts';
import { useToaster } from '../kit/toasts.tsx';
import { useNavigation } from '../page/navigation.tsx';
import type { useLogScroll } from './use-log-scroll.ts';
import type { useOpening } from './use-opening.ts';

type Scroll = Pick<ReturnType<typeof useLogScroll>, 'jumpTo' | 'jumpToNew' | 'jumpToLatest'>;

const GONE = 'This message is not here: it was deleted, or the link to it is wrong.';
const UNREACHABLE = 'This message is not on this device, and the server cannot be asked for it now.';

/** The ways to a message, wherever it stands: from a quote, a search, the bar of new messages, and from the page's address. */
export function useJumps(handle: RoomHandle, scroll: Scroll, opening: ReturnType<typeof useOpening>) {
  const { say, attempt } = useToaster();
  const { messageId, forgetMessage } = useNavigation();
  const { jumpTo, jumpToNew, jumpToLatest } = scroll;
  const { finish } = opening;

  const isGone = useRef(false);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);

  const tell = useCallback(
    (reached: Reached) => {
      // A reader who has switched tablos meanwhile did not ask for this.
      if (isGone.current) return false;
      if (reached === 'gone') say(GONE, { tone: 'problem' });
      if (reached === 'unreachable') say(UNREACHABLE, { tone: 'problem' });
      return reached === 'here';
    },
    [say],
  );

  const jumps = useMemo(
    () => ({
      // A reader who has chosen a target does not wait for the place of before.
      jumpTo: (id: EntryId) => {
        finish();
        attempt(handle.reach(id).then((reached) => tell(reached) && jumpTo(id)));
      },
      jumpToNew: () => {
        finish();
        attempt(
          handle.reachFirstUnread().then((reached) => {
            const { firstUnreadId } = handle.view.get();
            if (tell(reached) && firstUnreadId !== null) jumpToNew(firstUnreadId);
          }),
        );
      },
      jumpToLatest: () => {
        finish();
        handle.showLatest();
        jumpToLatest();
      },
    }),
    [handle, tell, attempt, finish, jumpTo, jumpToNew, jumpToLatest],
  );

  const jumpRef = useRef(jumpTo);
  jumpRef.current = jumpTo;
  const isReady = opening.isReady;
  useEffect(() => {
    if (messageId === null || !isReady) return;
    let isOver = false;
    const reaching: Promise<Reached> = isEntryId(messageId) ? handle.reach(messageId) : Promise.resolve('gone');
    attempt(
      reaching
        .finally(() => isOver || finish())
        .then((reached) => {
          if (isOver) return;
          if (tell(reached)) jumpRef.current(messageId as EntryId);
          forgetMessage();
        }),
    );
    return () => {
      isOver = true;
    };
  }, [handle, messageId, isReady, tell, attempt, finish, forgetMessage]);

  return jumps;
}
