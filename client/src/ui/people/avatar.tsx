import type { ElementType } from 'react';
import { KitAvatar } from '../kit/kit.tsx';
import { useFrame } from '../page/frame.ts';
import { useIsInBrowser } from '../page/use-is-in-browser.ts';
import { avatarColour, initials } from '../text/phrases.ts';

interface AvatarProps {
  readonly id: string;
  readonly name: string;
  readonly size?: 'xs' | 'sm' | 'md' | 'lg';
  /** A tablo is a board, so its picture is a square; a person's is round. */
  readonly shape?: 'person' | 'tablo';
  readonly isOnline?: boolean;
  /** A person who belongs to the tablo no more. */
  readonly hasLeft?: boolean;
  /** A tablo's, where a host application gives one: any CSS colour, and the address of a picture. */
  readonly color?: string | null | undefined;
  readonly image?: string | null | undefined;
  /** The kit's slot; it reads this off the element and clears it. */
  readonly as?: ElementType | null;
}

/** Decoration: the name always stands beside it. So its letters are drawn by the style sheet (`avatars.css`), and are no text of the surrounding element. */
export function Avatar(props: AvatarProps) {
  const { id, name, size = 'md', shape = 'person', isOnline = false, hasLeft = false } = props;
  const isInBrowser = useIsInBrowser();
  const look = useFrame()?.looks?.get(id);
  const { color = look?.color, image = look?.image } = props;
  return (
    <KitAvatar
      className={`avatar avatar-${shape} avatar-${size} avatar-colour-${avatarColour(id)} ${hasLeft ? 'avatar-left' : ''}`}
      aria-hidden="true"
      // By script: `style` in a server's HTML is what a Content-Security-Policy without inline styles forbids. A colour alone: whoever names it loads no picture by it.
      style={isInBrowser && color != null ? { backgroundColor: color } : undefined}
    >
      <span className="avatar-initials" data-initials={initials(name)} />
      {image != null && <img className="avatar-image" src={image} alt="" />}
      {isOnline && <span className="avatar-online" />}
    </KitAvatar>
  );
}

/** In its place in the header of a tablo whose name is not known yet. */
export function AvatarSkeleton(_: { readonly as?: ElementType | null }) {
  return <div className="avatar avatar-tablo avatar-sm avatar-skeleton" aria-hidden="true" />;
}
