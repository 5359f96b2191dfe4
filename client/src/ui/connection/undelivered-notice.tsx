import type { TabloId } from '@tablo/schema/ids';
import { useEffect, useRef } from 'react';
import type { ChannelSummary } from '../../chat/chat.ts';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useToaster } from '../kit/toasts.tsx';
import { useListed } from '../page/hooks/use-listed.ts';
import { useNavigation } from '../page/navigation.tsx';
import { undeliveredSentence } from '../text/phrases.ts';

interface Announced {
  readonly count: number;
  readonly takeBack: () => void;
}

const refusedOf = (channels: readonly ChannelSummary[]): ReadonlyMap<TabloId, number> =>
  new Map(channels.map(({ id, unsent }) => [id, unsent.refused]));

/** [R8] Announces once that a message was refused in another tablo, and stays until the reader has looked there: the mark in the list is easy to miss. */
export function UndeliveredNotice() {
  const { channels } = useListed();
  const chat = useChatClient();
  const { tabloId, openTablo } = useNavigation();
  const { say } = useToaster();
  // A message that was refused before the page was opened has been announced at that time.
  const known = useRef<ReadonlyMap<TabloId, number>>(refusedOf(channels));
  const announced = useRef(new Map<TabloId, Announced>());

  useEffect(() => {
    const before = known.current;
    known.current = refusedOf(channels);
    for (const { id, name, unsent } of channels) {
      const earlier = announced.current.get(id);
      if (earlier !== undefined && (id === tabloId || unsent.refused === 0)) {
        earlier.takeBack();
        announced.current.delete(id);
      }
      const added = unsent.refused - (before.get(id) ?? 0);
      if (added <= 0 || id === tabloId) continue;
      const count = added + (announced.current.get(id)?.count ?? 0);
      announced.current.get(id)?.takeBack();
      const takeBack = say(undeliveredSentence(count, name), {
        tone: 'problem',
        stays: true,
        action: { label: 'Show', run: () => openTablo(id, chat.firstRefused(id)) },
        onGone: () => announced.current.delete(id),
      });
      announced.current.set(id, { count, takeBack });
    }
  }, [chat, channels, tabloId, openTablo, say]);

  return null;
}
