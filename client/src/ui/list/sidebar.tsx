import { Plus, Search, X } from 'lucide-react';
import { useRef, useState } from 'react';
import { ConnectionStatus } from '../connection/connection-status.tsx';
import { Logo } from '../kit/logo.tsx';
import { useFrame } from '../page/frame.ts';
import { useIsNarrow } from '../page/media.ts';
import { NewTabloDialog } from '../parts.ts';
import { AccountButton } from './account-button.tsx';
import { TabloList } from './tablo-list.tsx';

interface SidebarProps {
  readonly onSignOut: (() => void) | null;
  readonly onShortcuts: () => void;
}

export function Sidebar({ onSignOut, onShortcuts }: SidebarProps) {
  const [query, setQuery] = useState('');
  const [isCreating, setIsCreating] = useState(false);
  const searchRef = useRef<HTMLInputElement>(null);

  const isNarrow = useIsNarrow();
  // A page has one first heading: beside a conversation it is the conversation's.
  const frame = useFrame();
  const Heading = isNarrow && frame === null ? 'h1' : 'h2';
  // Where the host lists its own boards, it makes them too.
  const canCreate = (frame?.looks ?? null) === null;

  return (
    <div className="sidebar">
      <header className="sidebar-header" role={isNarrow ? 'none' : undefined}>
        {frame === null && <Logo size={30} />}
        <div className="sidebar-title">
          <Heading className="sidebar-name">{frame === null ? 'Tablo Chat' : (frame.title ?? 'Chat')}</Heading>
          <ConnectionStatus />
        </div>
        {canCreate && (
          <button
            type="button"
            className="icon-button new-tablo"
            aria-label="New tablo"
            title="New tablo"
            onClick={() => setIsCreating(true)}
          >
            <Plus size={20} aria-hidden />
          </button>
        )}
        <AccountButton onSignOut={onSignOut} onShortcuts={onShortcuts} />
      </header>
      <search className="search-field">
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
        {query !== '' && (
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
      </search>
      <TabloList query={query} onCreate={() => setIsCreating(true)} onPicked={() => setQuery('')} />
      {isCreating && <NewTabloDialog onClose={() => setIsCreating(false)} />}
    </div>
  );
}
