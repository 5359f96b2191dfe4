import type { ElementType } from 'react';
import { KitAvatar } from './kit.tsx';
import { avatarColour, initials } from './phrases.ts';

interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly size?: 'xs' | 'sm' | 'md' | 'lg';
  /** A tablo is a board, so its picture is a square; a person's is round. */
  readonly shape?: 'person' | 'tablo';
  readonly isOnline?: boolean;
  /** The kit's slot; it reads this off the element and clears it. */
  readonly as?: ElementType | null;
}

/** Decoration: the name always stands beside it. */
export function Avatar({ id, name, size = 'md', shape = 'person', isOnline = false }: AvatarProps) {
  return (
    <KitAvatar className={`avatar avatar-${shape} avatar-${size} avatar-colour-${avatarColour(id)}`} aria-hidden="true">
      <span className="avatar-initials">{initials(name)}</span>
      {isOnline && <span className="avatar-online" />}
    </KitAvatar>
  );
}
