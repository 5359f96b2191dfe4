/** Around each of our components in a host's page: our styles reach what is in it, and nothing else. */
import type { ReactNode, Ref } from 'react';
import { useEmbed } from './embed-context.ts';

interface EmbedRootProps {
  readonly as?: 'section' | 'div' | 'header';
  readonly className?: string;
  readonly label?: string;
  readonly isBusy?: boolean;
  readonly rootRef?: Ref<HTMLElement>;
  readonly children: ReactNode;
}

export function EmbedRoot({ as: Element = 'div', className = '', label, isBusy, rootRef, children }: EmbedRootProps) {
  const { theme } = useEmbed();
  return (
    <Element
      ref={rootRef as Ref<never>}
      className={`tablo-chat ${className}`.trim()}
      data-tablo-theme={theme}
      aria-label={label}
      aria-busy={isBusy}
    >
      {children}
    </Element>
  );
}
