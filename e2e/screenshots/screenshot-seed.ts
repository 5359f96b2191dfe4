// What there is to see in the pictures: five people, six tablos, one lively conversation and one of 200 messages.
import type { Account, Person } from '../support/person.ts';
import { RestPerson } from '../support/rest-person.ts';

export interface SeedTools {
  readonly url: string;
  readonly password: string;
  /** The server's clock, in ms before (negative) or after the true time. */
  readonly setClock: (shiftMs: number) => Promise<void>;
  readonly open: (account: Account) => Promise<Person>;
}

export interface Seeded {
  readonly ada: Account;
  readonly bob: Account;
  readonly grace: Account;
  readonly linus: Account;
  readonly newcomer: Account;
  /** Names of tablos. */
  readonly team: string;
  readonly long: string;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const TEAM = 'Website launch';
const LONG = 'Editorial meeting';

/** Author, minutes ago, text. */
type Line = readonly [who: 'ada' | 'bob' | 'grace' | 'linus', minutesAgo: number, text: string];

const TEAM_BEFORE: readonly Line[] = [
  [
    'grace',
    24 * 60 + 95,
    'Good afternoon! Staging has the new colours, please click around: https://staging.example.org',
  ],
  ['linus', 24 * 60 + 82, 'Found two dead links in the footer, fixing them now.'],
  ['ada', 24 * 60 + 80, 'Wonderful. Then tomorrow is the day.'],
  ['ada', 96, 'The new landing page is live on the main domain 🎈'],
  ['bob', 93, 'On my phone it opens before I have put the thumb down again.'],
  ['linus', 90, 'Images are sixty per cent smaller than on the old one, that is why.'],
];
const TEAM_AFTER: readonly Line[] = [
  ['grace', 12, 'Support has had no complaint so far. One person asked where the old logo went.'],
  ['ada', 9, 'Then we announce on Thursday.'],
  ['linus', 6, 'I will watch the error log until then. Empty since this morning.'],
];

const SENTENCES = [
  'The interview with the lighthouse keeper runs on page three.',
  'Do we have a picture for it?',
  'Two, and the one with the fog is better.',
  'I would cut the second paragraph; the story starts in the third.',
  'Agreed.',
  'The printer wants the final file by five, so the corrections have to be in by four at the latest.',
  'Who reads the horoscope this week?',
  'Me 🙋',
  'There is a comma missing in the headline, and a comma too many in the line below it.',
  'Fixed both.',
  'Could somebody look at the crossword again? 14 across has two answers that fit.',
  'The weather page is still empty because the service answers late on Mondays. I have asked them again.',
  'Thanks!',
];

export async function seed({ url, password, setClock, open }: SeedTools): Promise<Seeded> {
  await setClock(-6 * DAY);
  const people = {
    ada: new RestPerson(url, 'Ada Lovelace'),
    bob: new RestPerson(url, 'Bob Kahn'),
    grace: new RestPerson(url, 'Grace Hopper'),
    linus: new RestPerson(url, 'Linus Pauling'),
  };
  const newcomer = new RestPerson(url, 'Mary Jackson');
  for (const person of [...Object.values(people), newcomer]) await person.signUp(password);
  const create = async (name: string): Promise<string> => {
    const id = await people.ada.createTablo(name);
    const code = await people.ada.invite(id);
    for (const person of [people.bob, people.grace, people.linus]) await person.accept(code);
    return id;
  };
  const write = async (tablo: string, lines: readonly Line[]) => {
    for (const [who, minutesAgo, text] of lines) {
      await setClock(-minutesAgo * MINUTE);
      await people[who].say(tablo, text);
    }
  };

  const team = await create(TEAM);
  const long = await create(LONG);
  const [garden, trains, budget] = [
    await create('Roof garden'),
    await create('Train to Lisbon'),
    await create('Budget 2027'),
  ];
  const books = await create('Book club');
  await write(books, [['linus', 5 * 24 * 60, 'Page 94 already. No spoilers, please.']]);
  await write(garden, [
    ['grace', 4 * 24 * 60, 'The tomatoes need a taller fence.'],
    ['bob', 4 * 24 * 60 - 30, 'The tomatoes need fewer tomatoes.'],
  ]);
  await write(budget, [['linus', 2 * 24 * 60, 'The table is done; the sum at the bottom is the sad part.']]);
  await write(long, longConversation());
  await write(trains, [
    ['bob', 200, 'The 7:42 has places left, and a dining car.'],
    ['grace', 190, 'Booked!'],
  ]);
  await write(team, TEAM_BEFORE);
  await writeOffline(await open(people.bob), setClock);
  await write(team, TEAM_AFTER);
  await reply(await open(people.bob), setClock);
  return { ...people, newcomer, team: TEAM, long: LONG };
}

/** 200 messages over two days, ending some hours ago. */
function longConversation(): Line[] {
  const authors = ['grace', 'ada', 'bob', 'linus', 'ada'] as const;
  const lines = Array.from({ length: 199 }, (_, index): Line => {
    const isYesterday = index < 120;
    const minutesAgo = (isYesterday ? 28 * 60 : 9 * 60) - (isYesterday ? index : index - 120) * 2.5;
    // Somebody often says two things in a row.
    return [authors[(index >> 1) % authors.length] ?? 'ada', minutesAgo, SENTENCES[index % SENTENCES.length] ?? ''];
  });
  return [...lines, ['grace', 300, 'That is all for today. See you at the printer.']];
}

/** Bob writes in a tunnel, and it arrives when he is out of it. */
async function writeOffline(bob: Person, setClock: SeedTools['setClock']): Promise<void> {
  await bob.page.clock.setSystemTime(Date.now() - 47 * MINUTE);
  await bob.page.reload();
  await bob.open(TEAM);
  await bob.message('sixty per cent').waitFor();
  await bob.goOffline();
  await bob.page.getByText('You are offline').waitFor();
  await bob.say(
    'Reading this on the train without any network: the page still opens. I wrote the release notes meanwhile.',
  );
  await bob.log.locator('[data-status="pending"]').waitFor();
  await setClock(-21 * MINUTE);
  await bob.goOnline();
  await bob.log.locator('[data-status="pending"]').waitFor({ state: 'detached' });
  await bob.context.close();
}

async function reply(bob: Person, setClock: SeedTools['setClock']): Promise<void> {
  await setClock(-2 * MINUTE);
  await bob.open(TEAM);
  await bob.choose('One person asked where the old logo went', 'Reply');
  await bob.say('Tell them it retired to the 404 page. It is happy there.');
  await bob.log.locator('[data-status="pending"]').waitFor({ state: 'detached' });
  await bob.context.close();
}
