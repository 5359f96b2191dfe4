import { useState } from 'react';
import { useChatClient } from '../../hooks/chat-context.tsx';
import { AccountMenu } from '../parts.ts';
import { Avatar } from '../people/avatar.tsx';

interface AccountButtonProps {
  readonly onSignOut: (() => void) | null;
  readonly onShortcuts: () => void;
}

export function AccountButton({ onSignOut, onShortcuts }: AccountButtonProps) {
  const { user } = useChatClient();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <button
        type="button"
        className="avatar-button"
        aria-label="Account and settings"
        aria-haspopup="menu"
        aria-expanded={false}
        onClick={(event) => setAnchor(anchor === null ? event.currentTarget : null)}
      >
        <Avatar id={user.id} name={user.name} size="sm" />
      </button>
      {anchor !== null && (
        <AccountMenu anchor={anchor} onClose={() => setAnchor(null)} onSignOut={onSignOut} onShortcuts={onShortcuts} />
      )}
    </>
  );
}
