import { Plus, Search, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { AccountMenu } from './account-menu.tsx';
import { ConnectionStatus } from './connection-status.tsx';
import { Logo } from './logo.tsx';
import { NewTabloDialog } from './new-tablo-dialog.tsx';
import { TabloList } from './tablo-list.tsx';

interface SidebarProps {
  readonly onSignOut: () => void;
}

export function Sidebar({ onSignOut }: SidebarProps) {
  const [query, setQuery] = useState('');
  const [isCreating, setIsCreating] = useState(false);
  const searchRef = useRef<HTMLInputElement>(null);

  useEffect(() => {
    const handleKeyDown = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== 'k') return;
      event.preventDefault();
      searchRef.current?.focus();
      searchRef.current?.select();
    };
    document.addEventListener('keydown', handleKeyDown);
    return () => document.removeEventListener('keydown', handleKeyDown);
  }, []);

  return (
    <div className="sidebar">
      <header className="sidebar-header">
        <Logo size={30} />
        <div className="sidebar-title">
          <h1>Tablo Chat</h1>
          <ConnectionStatus />
        </div>
        <button
          type="button"
          className="icon-button new-tablo"
          aria-label="New tablo"
          title="New tablo"
          onClick={() => setIsCreating(true)}
        >
          <Plus size={20} aria-hidden />
        </button>
        <AccountMenu onSignOut={onSignOut} />
      </header>
      <div className="search-field">
        <Search size={16} aria-hidden />
        <input
          ref={searchRef}
          type="search"
          className="search-input"
          aria-label="Search tablos"
          placeholder="Search tablos"
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => event.key === 'Escape' && setQuery('')}
        />
        {query === '' ? (
          <span className="search-key" aria-hidden="true">
            {navigator.platform.startsWith('Mac') ? '⌘K' : 'Ctrl K'}
          </span>
        ) : (
          <button
            type="button"
            className="icon-button icon-button-small"
            aria-label="Clear search"
            onClick={() => {
              setQuery('');
              searchRef.current?.focus();
            }}
          >
            <X size={16} aria-hidden />
          </button>
        )}
      </div>
      <TabloList query={query} onCreate={() => setIsCreating(true)} onPicked={() => setQuery('')} />
      {isCreating && <NewTabloDialog onClose={() => setIsCreating(false)} />}
    </div>
  );
}
