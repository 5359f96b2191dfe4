import type { TabloId } from '@tablo/schema/ids';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import type { ChannelSummary } from '../../chat/chat.ts';
import { Dialog } from '../dialog/dialog.tsx';
import { useListed } from '../page/hooks/use-listed.ts';
import { Avatar } from '../people/avatar.tsx';
import { rankTablos } from '../text/match-tablos.ts';
import { UnreadBadge } from './unread-badge.tsx';

interface GoToDialogProps {
  readonly current: TabloId | null;
  /** The last one first. */
  readonly visited: readonly TabloId[];
  readonly onGo: (id: TabloId) => void;
  readonly onClose: () => void;
}

/** Nobody reads more results than this: typing one more letter is quicker. */
const MAX_SHOWN = 30;

/** Type a part of a tablo's name, Enter, and be there. */
export function GoToDialog({ current, visited, onGo, onClose }: GoToDialogProps) {
  const { channels } = useListed();
  const [query, setQuery] = useState('');
  const [picked, setPicked] = useState(0);
  const id = useId();
  const found = rankTablos(channels, query, { visited, current }).slice(0, MAX_SHOWN);
  // The list may have become shorter.
  const at = Math.min(picked, found.length - 1);
  const optionId = (channel: ChannelSummary) => `${id}-${channel.id}`;
  const active = found[at];
  const activeId = active === undefined ? undefined : optionId(active);

  useEffect(() => {
    if (activeId !== undefined) document.getElementById(activeId)?.scrollIntoView({ block: 'nearest' });
  }, [activeId]);

  const go = (channel: ChannelSummary | undefined) => {
    if (channel === undefined) return;
    onClose();
    onGo(channel.id);
  };

  const handleKeyDown = (event: KeyboardEvent) => {
    // While an input method composes, its keys are its own (229: Safari reports the end of composition first).
    if (event.nativeEvent.isComposing || event.keyCode === 229 || found.length === 0) return;
    if (event.key === 'Enter') go(active);
    else if (event.key === 'ArrowDown') setPicked((at + 1) % found.length);
    else if (event.key === 'ArrowUp') setPicked((at - 1 + found.length) % found.length);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog title="Go to a tablo" onClose={onClose}>
      <input
        className="input"
        role="combobox"
        data-autofocus
        aria-label="Go to"
        aria-autocomplete="list"
        aria-expanded={found.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={activeId}
        placeholder="A part of its name"
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setPicked(0);
        }}
        onKeyDown={handleKeyDown}
      />
      {/* biome-ignore-start lint/a11y/noNoninteractiveElementToInteractiveRole: a listbox of options, as a combobox wants it. */}
      {/* biome-ignore-start lint/a11y/useFocusableInteractive: the field keeps the focus, and names the option that is picked. */}
      {/* biome-ignore-start lint/a11y/useKeyWithClickEvents: its keys are the field's. */}
      <ul className="go-to-list" role="listbox" id={`${id}-list`} aria-label="Tablos">
        {found.map((channel, index) => (
          <li
            key={channel.id}
            id={optionId(channel)}
            role="option"
            className="go-to-option"
            aria-selected={index === at}
            aria-describedby={channel.unreadCount > 0 ? `${optionId(channel)}-unread` : undefined}
            // Only a real movement of the pointer counts: the list may move under a resting pointer.
            onPointerMove={() => setPicked(index)}
            // The field keeps the focus.
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => go(channel)}
          >
            <Avatar id={channel.id} name={channel.name} shape="tablo" size="sm" />
            <bdi className="truncate">{channel.name}</bdi>
            <span aria-hidden="true">
              <UnreadBadge count={channel.unreadCount} id={`${optionId(channel)}-unread`} />
            </span>
          </li>
        ))}
      </ul>
      {/* biome-ignore-end lint/a11y/useKeyWithClickEvents: see above. */}
      {/* biome-ignore-end lint/a11y/useFocusableInteractive: see above. */}
      {/* biome-ignore-end lint/a11y/noNoninteractiveElementToInteractiveRole: see above. */}
      <p className="hint go-to-none" aria-live="polite">
        {found.length > 0
          ? ''
          : channels.length === 0
            ? 'You have no tablos yet.'
            : `No tablo’s name has “${query.trim()}” in it.`}
      </p>
    </Dialog>
  );
}
