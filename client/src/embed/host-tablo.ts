/** A board of the host application, as it hands it to our components. */
import type { TabloLook } from '../ui/page/frame.ts';

export interface HostTablo {
  readonly id: string;
  readonly name: string;
  /** Any CSS colour. */
  readonly color?: string | null | undefined;
  /** Address of a picture. */
  readonly image?: string | null | undefined;
}

export function looksOf(tablos: readonly HostTablo[] | null): ReadonlyMap<string, TabloLook> | null {
  if (tablos === null) return null;
  return new Map(
    tablos.map(({ id, name, color, image }) => [id, { name, color: color || null, image: image || null }]),
  );
}
