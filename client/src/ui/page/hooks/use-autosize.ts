import { type RefObject, useLayoutEffect } from 'react';

/**
 * The field is as high as its text needs, up to the style sheet's `max-height`, also when the window gets another width. `isShown`: there is a field. Style
 * properties are set through the CSSOM, which a strict content security policy allows.
 */
export function useAutosize(ref: RefObject<HTMLTextAreaElement | null>, text: string, isShown: boolean): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: measures each new field, and after each change of the text.
  useLayoutEffect(() => {
    if (ref.current !== null) fit(ref.current);
  }, [ref, text, isShown]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: watches each new field.
  useLayoutEffect(() => {
    const field = ref.current;
    if (field === null) return;
    let width = field.clientWidth;
    const observer = new ResizeObserver(() => {
      if (field.clientWidth === width) return;
      width = field.clientWidth;
      fit(field);
    });
    observer.observe(field);
    return () => observer.disconnect();
  }, [ref, isShown]);
}

/**
 * What is around the field keeps its height while the field is measured. Otherwise the browser would lay out a taller log for that moment and move it to its new end, which
 * the log could only take for the reader's own scrolling.
 */
function fit(field: HTMLTextAreaElement): void {
  const around = field.parentElement;
  if (around !== null) around.style.minHeight = `${around.offsetHeight}px`;
  field.style.height = 'auto';
  field.style.height = `${field.scrollHeight}px`;
  if (around !== null) around.style.minHeight = '';
}
