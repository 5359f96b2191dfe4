/** What is spoken of messages that have just come. */

export interface Spoken {
  readonly author: string;
  readonly text: string;
}

/** More than this at once are counted. */
const MOST_SPOKEN = 3;
/** Code points; about fifteen seconds of speech. The reader can go to the message for the rest. */
const LONGEST_SPOKEN = 240;

/** One line a message, or one for all. */
export function announcementOf(messages: readonly Spoken[]): readonly string[] {
  if (messages.length > MOST_SPOKEN) return [`${messages.length.toLocaleString('en')} new messages`];
  return messages.map(({ author, text }) => `${author}: ${cut(text)}`);
}

/** At the end of a word, where there is one near. */
function cut(text: string): string {
  const points = [...text.replace(/\s+/gu, ' ').trim()];
  if (points.length <= LONGEST_SPOKEN) return points.join('');
  const head = points.slice(0, LONGEST_SPOKEN).join('');
  return `${head.replace(/(?<=.{100}) \S*$/u, '')}…`;
}
