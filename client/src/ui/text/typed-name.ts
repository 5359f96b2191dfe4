/** Whoever deletes a tablo types its name first: what still separates the typed from the name, said in a sentence. */
import { MAX_TABLO_NAME_CODE_POINTS } from '@tablo/schema/limits';
import { cleanName } from '@tablo/schema/names/name';

const clean = (name: string): string => cleanName(name, { max: MAX_TABLO_NAME_CODE_POINTS });

/** `null`: it is the name, as the server would store what was typed. */
export function missingOfName(typed: string, name: string): string | null {
  const wanted = clean(name);
  const given = clean(typed);
  if (given === wanted) return null;
  if (given === '') return 'The name is missing: type it as it stands above.';
  return wanted.startsWith(given)
    ? 'The end of the name is missing.'
    : 'This is another name. Capital letters and spaces count.';
}
