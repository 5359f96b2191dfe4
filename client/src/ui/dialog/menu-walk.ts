/** Where a key leads in a menu. Its items stand below each other, or, as emoji do, side by side. Pure: the positions are its input. */

export interface MenuPlace {
  /** Of the item's middle, px, from the window's edges. */
  readonly x: number;
  readonly y: number;
  /** The same for items that can stand side by side; `null` for one that has a line of its own. */
  readonly group: number | null;
}

const SAME_ROW_PX = 4;

/** Indices, row by row. In the order of the page and not from top to bottom: what a list of emoji has scrolled away lies at the height of what follows the list. */
function rowsOf(places: readonly MenuPlace[]): number[][] {
  const rows: number[][] = [];
  places.forEach((place, index) => {
    const before = places[index - 1];
    const isBeside = before !== undefined && place.group !== null && place.group === before.group;
    if (isBeside && Math.abs(place.y - before.y) < SAME_ROW_PX) rows.at(-1)?.push(index);
    else rows.push([index]);
  });
  return rows;
}

/** To the item above or below that is nearest across; from the last row to the first, and the other way round. */
function toRow(places: readonly MenuPlace[], from: number, step: 1 | -1): number | null {
  const rows = rowsOf(places);
  const row = rows.findIndex((indices) => indices.includes(from));
  const next = row < 0 ? (step === 1 ? 0 : rows.length - 1) : (row + step + rows.length) % rows.length;
  const across = (index: number) => Math.abs((places[index]?.x ?? 0) - (places[from]?.x ?? 0));
  let best: number | null = null;
  for (const index of rows[next] ?? []) if (best === null || across(index) < across(best)) best = index;
  return best;
}

function toBeside(places: readonly MenuPlace[], from: number, step: number): number | null {
  const [here, there] = [places[from], places[from + step]];
  return here !== undefined && here.group !== null && here.group === there?.group ? from + step : null;
}

/** Index of the item that the key leads to. `from` is -1 when none has the focus. `null`: it is no key for walking, or there is nothing that way. */
export function walkMenu(
  places: readonly MenuPlace[],
  from: number,
  key: string,
  isRightToLeft: boolean,
): number | null {
  if (places.length === 0) return null;
  switch (key) {
    case 'Home':
      return 0;
    case 'End':
      return places.length - 1;
    case 'ArrowDown':
      return toRow(places, from, 1);
    case 'ArrowUp':
      return toRow(places, from, -1);
    case 'ArrowRight':
      return toBeside(places, from, isRightToLeft ? -1 : 1);
    case 'ArrowLeft':
      return toBeside(places, from, isRightToLeft ? 1 : -1);
    default:
      return null;
  }
}

/** The next item after `from` whose name begins with the letter; round to the first again. */
export function walkByLetter(names: readonly string[], from: number, letter: string): number | null {
  const wanted = letter.toLocaleLowerCase();
  for (let step = 1; step <= names.length; step += 1) {
    const index = (from + step) % names.length;
    if (names[index]?.toLocaleLowerCase().startsWith(wanted) === true) return index;
  }
  return null;
}
