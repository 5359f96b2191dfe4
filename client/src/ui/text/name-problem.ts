import { MAX_TABLO_NAME_CODE_POINTS } from '@tablo/schema/limits';
import { parseName } from '@tablo/schema/names/name';

/** What is wrong with a tablo's name, in a sentence; null when it is good. */
export function nameProblem(name: string): string | null {
  if (name.trim() === '') return 'Give it a name first.';
  const parsed = parseName(name, { max: MAX_TABLO_NAME_CODE_POINTS });
  return parsed.ok ? null : `The name ${parsed.error}.`;
}
