import { Check, Download, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useState } from 'react';
import type { Chat } from '../chat/chat.ts';
import { useChatClient } from '../hooks/chat-provider.tsx';
import { Avatar } from './avatar.tsx';
import { Popover } from './popover.tsx';
import { useSaveUnsent } from './use-save-unsent.ts';
import { setTheme, THEMES, type Theme, useTheme } from './use-theme.ts';

const THEME_LABELS: Record<Theme, string> = { system: 'System', light: 'Light', dark: 'Dark' };
const THEME_ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

export function AccountMenu({ onSignOut }: { readonly onSignOut: () => void }) {
  const chat = useChatClient();
  const { user } = chat;
  const saveUnsent = useSaveUnsent();
  const [hasUnsent, setHasUnsent] = useState(false);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);

  return (
    <>
      <button
        type="button"
        className="avatar-button"
        aria-label="Account and settings"
        aria-expanded={anchor !== null}
        onClick={(event) => {
          setAnchor(anchor === null ? event.currentTarget : null);
          if (anchor === null) void countAll(chat).then((count) => setHasUnsent(count > 0));
        }}
      >
        <Avatar id={user.id} name={user.name} size="sm" />
      </button>
      {anchor !== null && (
        <Popover label="Account" anchor={anchor} className="menu account-menu" onClose={() => setAnchor(null)}>
          <div className="account-person">
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
          <ThemeChoice />
          <hr className="menu-line" />
          {hasUnsent && (
            <button
              type="button"
              className="menu-item"
              onClick={() => {
                setAnchor(null);
                saveUnsent();
              }}
            >
              <Download size={16} aria-hidden />
              Save unsent messages
            </button>
          )}
          <button
            type="button"
            className="menu-item"
            onClick={() => {
              setAnchor(null);
              onSignOut();
            }}
          >
            <LogOut size={16} aria-hidden />
            Sign out
          </button>
        </Popover>
      )}
    </>
  );
}

const countAll = async (chat: Chat): Promise<number> => (await chat.countUnsent()) + (await chat.countDrafts());

function ThemeChoice() {
  const theme = useTheme();
  return (
    <fieldset className="theme-choice">
      <legend className="menu-heading">Theme</legend>
      {THEMES.map((choice) => {
        const Icon = THEME_ICONS[choice];
        return (
          <label key={choice} className="theme-option">
            <input
              type="radio"
              name="theme"
              className="hidden-visually"
              checked={theme === choice}
              onChange={() => setTheme(choice)}
            />
            {theme === choice ? <Check size={16} aria-hidden /> : <Icon size={16} aria-hidden />}
            {THEME_LABELS[choice]}
          </label>
        );
      })}
    </fieldset>
  );
}
