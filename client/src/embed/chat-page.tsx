import { useEffect, useMemo, useRef, useState } from 'react';
import { useChatHere } from '../hooks/chat-context.tsx';
import { createPart } from '../ui/page/part.tsx';
import { useEmbed } from './embed-context.ts';
import { EmbedRoot } from './embed-root.tsx';
import { type HostTablo, looksOf, readTablo } from './host-tablo.ts';

export interface ChatPageProps {
  /** Which channel is open, where the host decides it; `null`: none. Absent: the page remembers by itself. */
  readonly channelId?: string | null | undefined;
  /** A channel was picked; `null`: it was left for the list, as in a narrow frame. */
  readonly onChannelSelect?: ((channelId: string | null) => void) | undefined;
  /** Only these are listed, by the host's names, colours and pictures. Absent: all of the user's. */
  readonly tablos?: readonly HostTablo[] | null | undefined;
  /** The heading over the list. */
  readonly title?: string | undefined;
  /** The conversation alone. */
  readonly hideList?: boolean | undefined;
}

/** In a script of its own: a host's first page, with a count of unread messages in its corner, does not wait for it. */
const OpenPage = createPart(
  () => import('./open-page.tsx'),
  ({ OpenPage }) => OpenPage,
);

/** The same width as that of the window where our own page shows one pane. */
const NARROW_BELOW_PX = 720;

/** The list and the conversation, in the host's frame. */
export function ChatPage({ channelId, onChannelSelect, tablos, title, hideList = false }: ChatPageProps) {
  const { chat } = useChatHere();
  const { status, locale } = useEmbed();
  const root = useRef<HTMLElement>(null);
  const isNarrow = useIsNarrowFrame(root);
  // Hosts make the array anew at every render.
  const listed = tablos?.map(readTablo) ?? null;
  const looksKey = JSON.stringify(listed);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `looksKey` is all of `listed`.
  const looks = useMemo(() => looksOf(listed), [looksKey]);
  const frame = useMemo(
    () => ({ root, isNarrow: isNarrow ?? false, title: title ?? null, hasList: !hideList, looks }),
    [isNarrow, title, hideList, looks],
  );
  const isOpen = chat !== null && isNarrow !== null;
  return (
    <EmbedRoot
      as="section"
      className="tablo-chat-page"
      label={title ?? 'Chat'}
      isBusy={status === 'starting'}
      rootRef={root}
    >
      {isOpen ? (
        <OpenPage
          key={`${chat.user.id} ${locale ?? ''}`}
          frame={frame}
          channelId={channelId}
          onChannelSelect={onChannelSelect}
        />
      ) : (
        title !== undefined && <h2 className="tablo-chat-title">{title}</h2>
      )}
    </EmbedRoot>
  );
}

/** `null`: not known yet. */
function useIsNarrowFrame(root: { readonly current: HTMLElement | null }): boolean | null {
  const [isNarrow, setIsNarrow] = useState<boolean | null>(null);
  useEffect(() => {
    const element = root.current;
    if (element === null) return;
    const measure = () => setIsNarrow(element.clientWidth < NARROW_BELOW_PX);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [root]);
  return isNarrow;
}
