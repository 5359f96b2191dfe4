import { Check, Download, Keyboard, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import type { Chat } from '../../chat/chat.ts';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useSaveUnsent } from '../connection/use-save-unsent.ts';
import { Menu, MenuItem } from '../dialog/menu.tsx';
import { useFrame } from '../page/frame.ts';
import { setTheme, THEMES, type Theme, useTheme } from '../page/hooks/use-theme.ts';
import { useIsTouch } from '../page/media.ts';
import { Avatar } from '../people/avatar.tsx';

const THEME_LABELS: Record<Theme, string> = { system: 'System', light: 'Light', dark: 'Dark' };
const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

interface AccountMenuProps {
  readonly anchor: HTMLElement;
  readonly onClose: () => void;
  /** `null`: people sign out in the host application. */
  readonly onSignOut: (() => void) | null;
  readonly onShortcuts: () => void;
}

export function AccountMenu({ anchor, onClose, onSignOut, onShortcuts }: AccountMenuProps) {
  const chat = useChatClient();
  const { user } = chat;
  const saveUnsent = useSaveUnsent();
  const isTouch = useIsTouch();
  const isOwnPage = useFrame() === null;
  const [hasUnsent, setHasUnsent] = useState(false);
  const personId = useId();

  useEffect(() => {
    void countAll(chat).then((count) => setHasUnsent(count > 0));
  }, [chat]);

  /** Closes first, so that the focus can go where the command puts it. */
  const item = (command: () => void) => () => {
    onClose();
    command();
  };

  return (
    <Menu
      label="Account"
      describedBy={personId}
      anchor={anchor}
      className="menu account-menu"
      onClose={onClose}
      above={
        <div id={personId} className="account-person">
          <Avatar id={user.id} name={user.name} />
          <div className="account-words">
            <div className="truncate account-name" title={user.name}>
              <bdi>{user.name}</bdi>
            </div>
            {user.email !== null && (
              <div className="truncate hint">
                <bdi>{user.email}</bdi>
              </div>
            )}
          </div>
        </div>
      }
    >
      {isOwnPage && (
        <>
          <ThemeChoice />
          <hr className="menu-line" />
        </>
      )}
      {!isTouch && (
        <MenuItem icon={<Keyboard size={16} aria-hidden />} onChoose={item(onShortcuts)}>
          Keyboard shortcuts
        </MenuItem>
      )}
      {hasUnsent && (
        <MenuItem icon={<Download size={16} aria-hidden />} onChoose={item(saveUnsent)}>
          Save unsent messages
        </MenuItem>
      )}
      {onSignOut !== null && (
        <MenuItem icon={<LogOut size={16} aria-hidden />} onChoose={item(onSignOut)}>
          Sign out
        </MenuItem>
      )}
    </Menu>
  );
}

const countAll = async (chat: Chat): Promise<number> => (await chat.countUnsent()) + (await chat.countDrafts());

function ThemeChoice() {
  const theme = useTheme();
  const headingId = useId();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; this groups items of a menu.
    <div role="group" aria-labelledby={headingId}>
      <p id={headingId} className="menu-heading">
        Theme
      </p>
      {THEMES.map((choice) => {
        const isChosen = theme === choice;
        const Icon = isChosen ? Check : THEME_ICONS[choice];
        return (
          <button
            key={choice}
            type="button"
            role="menuitemradio"
            tabIndex={-1}
            aria-checked={isChosen}
            className="theme-option"
            onClick={() => setTheme(choice)}
          >
            <Icon size={16} aria-hidden />
            {THEME_LABELS[choice]}
          </button>
        );
      })}
    </div>
  );
}
