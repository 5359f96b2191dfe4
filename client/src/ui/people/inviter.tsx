import { isReservedName } from '@tablo/schema/names/look-alike';
import { PersonName } from './name.tsx';

/** Who invites, by the name that they go by. All that is known of them is that name, so one that reads like a word of the page is quoted. */
export function Inviter({ name }: { readonly name: string | null }) {
  if (name === null) return <>Somebody</>;
  const person = { name, mark: null };
  if (!isReservedName(name)) return <PersonName person={person} />;
  return (
    <>
      Somebody called “<PersonName person={person} />”
    </>
  );
}
