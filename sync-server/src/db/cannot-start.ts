/** The server cannot start on this database as it is. The message tells the operator what is in the way and what to do. Nothing was changed. */
export class CannotStart extends Error {
  override readonly name = 'CannotStart';
}

/** `a, b and c` */
export function listOf(names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}
