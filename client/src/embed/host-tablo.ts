/**
 * A board of the host application, as it hands it to our components. Hosts hand over rows of their own database: of their other fields nothing is read, whatever they
 * are called, and what is no text counts as none.
 */
import { NAMELESS_TABLO } from '../chat/base/nameless-tablo.ts';
import type { TabloLook } from '../ui/page/frame.ts';

export interface HostTablo {
  readonly id: string;
  /** Without one it is shown as "Untitled tablo". */
  readonly name: string | null;
  /** Any CSS colour. */
  readonly color?: string | null | undefined;
  /** Address of a picture. */
  readonly image?: string | null | undefined;
}

export type ListedTablo = TabloLook & { readonly id: string };

export function readTablo({ id, name, color, image }: HostTablo): ListedTablo {
  return { id: String(id), name: textOf(name) ?? NAMELESS_TABLO, color: textOf(color), image: textOf(image) };
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null);

export function looksOf(tablos: readonly ListedTablo[] | null): ReadonlyMap<string, TabloLook> | null {
  return tablos === null ? null : new Map(tablos.map(({ id, ...look }) => [id, look]));
}
