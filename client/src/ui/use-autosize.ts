import { type RefObject, useLayoutEffect } from 'react';

/**
 * The field grows with its text, up to the style sheet's `max-height`. Style properties are set through the CSSOM, which a strict content security
 * policy allows.
 */
export function useAutosize(ref: RefObject<HTMLTextAreaElement | null>, text: string): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: measures after each change of the text.
  useLayoutEffect(() => {
    const field = ref.current;
    if (field === null) return;
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight}px`;
  }, [ref, text]);
}
