import { Check, Download, Keyboard, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useId, useState } from 'react';
import type { Chat } from '../../chat/chat.ts';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { useSaveUnsent } from '../connection/use-save-unsent.ts';
import { Menu, MenuItem } from '../dialog/menu.tsx';
import { useIsTouch } from '../page/media.ts';
import { setTheme, THEMES, type Theme, useTheme } from '../page/use-theme.ts';
import { Avatar } from '../people/avatar.tsx';

const THEME_LABELS: Record<Theme, string> = { system: 'System', light: 'Light', dark: 'Dark' };
const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

interface AccountMenuProps {
  readonly onSignOut: () => void;
  readonly onShortcuts: () => void;
}

export function AccountMenu({ onSignOut, onShortcuts }: AccountMenuProps) {
  const chat = useChatClient();
  const { user } = chat;
  const saveUnsent = useSaveUnsent();
  const isTouch = useIsTouch();
  const [hasUnsent, setHasUnsent] = useState(false);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const personId = useId();

  /** Closes first, so that the focus can go where the command puts it. */
  const item = (command: () => void) => () => {
    setAnchor(null);
    command();
  };

  return (
    <>
      <button
        type="button"
        className="avatar-button"
        aria-label="Account and settings"
        aria-haspopup="menu"
        aria-expanded={false}
        onClick={(event) => {
          setAnchor(anchor === null ? event.currentTarget : null);
          if (anchor === null) void countAll(chat).then((count) => setHasUnsent(count > 0));
        }}
      >
        <Avatar id={user.id} name={user.name} size="sm" />
      </button>
      {anchor !== null && (
        <Menu
          label="Account"
          describedBy={personId}
          anchor={anchor}
          className="menu account-menu"
          onClose={() => setAnchor(null)}
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
          <ThemeChoice />
          <hr className="menu-line" />
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
          <MenuItem icon={<LogOut size={16} aria-hidden />} onChoose={item(onSignOut)}>
            Sign out
          </MenuItem>
        </Menu>
      )}
    </>
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
