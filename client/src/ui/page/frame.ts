/** The part of a host application's page that is ours; on our own page there is none, and all of the window is. */
import { createContext, type RefObject, useContext } from 'react';

/** How the host shows one of its boards. */
export interface TabloLook {
  readonly name: string;
  /** Any CSS colour; `null`: ours. */
  readonly color: string | null;
  /** Address of a picture; `null`: none. */
  readonly image: string | null;
}

export interface Frame {
  readonly root: RefObject<HTMLElement | null>;
  /** One pane at a time: by the frame's own width. */
  readonly isNarrow: boolean;
  /** `null`: the host does not want one. */
  readonly title: string | null;
  readonly hasList: boolean;
  /** Of the only tablos that are listed, by id; `null`: all are, by their own names. */
  readonly looks: ReadonlyMap<string, TabloLook> | null;
}

export const FrameContext = createContext<Frame | null>(null);
export const useFrame = (): Frame | null => useContext(FrameContext);

/** Of the open tablo (1), and of what stands below that (2). Inside a host's page they come below the host's own first heading, and below ours where there is one. */
export function useHeading(level: 1 | 2): 'h1' | 'h2' | 'h3' | 'h4' {
  const frame = useFrame();
  if (frame === null) return level === 1 ? 'h1' : 'h2';
  const isFirst = frame.title === null && (!frame.hasList || frame.isNarrow);
  if (level === 1) return isFirst ? 'h2' : 'h3';
  return isFirst ? 'h3' : 'h4';
}

/** Inside a host's page its `<main>` is the main one. */
export const useMainElement = (): 'main' | 'div' => (useFrame() === null ? 'main' : 'div');
