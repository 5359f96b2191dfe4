/** To the clipboard. Pages served over plain HTTP have no clipboard API, so there a selection is copied the old way. */
export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'hidden-visually';
  // Styled where our class names mean something.
  (document.activeElement?.closest('.tablo-chat') ?? document.body).append(area);
  area.select();
  const isCopied = document.execCommand('copy');
  area.remove();
  if (!isCopied) throw new RangeError('This browser does not let the page copy. Select the text instead.');
}
