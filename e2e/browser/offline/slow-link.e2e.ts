// A link of 400 ms and 400 kbit/s that comes and goes: people write through it, and it all arrives once, without a storm of sockets.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Person } from '../../support/person.ts';
import { RestPerson } from '../../support/rest-person.ts';
import { SlowLink } from '../../support/slow-link.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const TABLO = 'Valley line';
/** `npm test` goes through one of them; SLOW_LINK_CYCLES=3 is the full run. */
const CYCLES = Number(process.env.SLOW_LINK_CYCLES ?? 1);
const UP_MS = CYCLES > 1 ? 20_000 : 8_000;
const DOWN_MS = 10_000;
const PAUSE_MS = 700;
const HISTORY = 2_000;

let stage: Stage;
let link: SlowLink;

beforeAll(async () => {
  stage = await openStage();
  stage.expectOutage();
  link = await SlowLink.open({ target: stage.server.url, delayMs: 200, bytesPerSecond: 50_000 });
});
afterEach(() => stage.expectNoProblems());
afterAll(async () => {
  await stage?.close();
  await link?.close();
});

/** At a computer whose only way to the server is the link. */
async function moveBehindLink(person: Person): Promise<Person> {
  await person.page.close();
  const moved = await Person.atNewTab(person.context, link.url, person);
  moved.page.setDefaultTimeout(60_000);
  await moved.page.goto(link.url);
  return moved;
}

const isOnline = (person: Person) => eventually(() => person.status(), 60_000).toBe('Online');

/** The conversation moves under a mouse while others write. */
async function byKeyboard(person: Person, text: string, tool: string, command: string): Promise<void> {
  const message = person.message(text);
  await message.focus();
  await message.getByRole('button', { name: tool, exact: true }).press('Enter');
  await person.menuItem(command).press('Enter');
}

describe('a link of 400 ms and 400 kbit/s', () => {
  it(`[R4][R5][R7][R11] a link of 400 ms and 400 kbit/s that goes away for ten seconds ${CYCLES} times: everything is delivered once, and sockets are few`, {
    timeout: 120_000 + CYCLES * (UP_MS + DOWN_MS),
  }, async () => {
    let ada = await stage.newPerson('Ada Lovelace');
    await ada.createTablo(TABLO);
    let bob = await stage.newPerson('Bob Marley');
    await bob.openInvite(await ada.invite());
    // Signed in over the good link; cookies know hosts, not ports.
    [ada, bob] = await Promise.all([moveBehindLink(ada), moveBehindLink(bob)]);
    for (const person of [ada, bob]) {
      await person.tablos.waitFor();
      await person.open(TABLO);
      await isOnline(person);
    }
    const before = link.socketsOpened;
    const said: string[] = [];
    let isOver = false;
    const write = async (person: Person, name: string) => {
      for (let index = 0; !isOver; index += 1) {
        const text = `${name} ${index}.`;
        await person.say(text);
        said.push(text);
        if (index % 4 === 1) await byKeyboard(person, text, 'React', '🎉');
        if (index % 5 === 2) {
          await byKeyboard(person, text, 'More', 'Edit');
          await person.composer.fill(`${name} ${index}, corrected.`);
          await person.composer.press('Enter');
        }
        await delay(PAUSE_MS);
      }
    };
    const writing = Promise.all([write(ada, 'Ada'), write(bob, 'Bob')]);
    for (let cycle = 0; cycle < CYCLES; cycle += 1) {
      await delay(UP_MS);
      link.goDown();
      await delay(DOWN_MS);
      link.comeUp();
    }
    isOver = true;
    await writing;
    for (const person of [ada, bob]) {
      await isOnline(person);
      await eventually(
        async () => (await person.messages()).filter(({ status }) => status !== 'sent').length,
        60_000,
      ).toBe(0);
    }
    await eventually(async () => (await stage.messages(TABLO)).length).toBe(said.length);
    const rows = await stage.messages(TABLO);
    for (const person of [ada, bob]) {
      await eventually(() => person.messageIds()).toEqual(rows.map(({ id }) => id));
      await eventually(() => person.texts()).toEqual(rows.map(({ text }) => text));
    }
    // What was edited while pending is a message of its own; none of the old texts may stand there as well.
    expect(rows.map(({ text }) => text.replace(', corrected', '')).toSorted()).toEqual(said.toSorted());
    const reactions = await stage.database.query('SELECT 1 FROM message_reactions');
    expect(reactions).toHaveLength(said.filter((text) => Number(/\d+/u.exec(text)) % 4 === 1).length);
    // One for each person whenever the link was away; a second where a probe met the link just as it came back.
    process.stdout.write(`${said.length} messages, ${link.socketsOpened - before} sockets in ${CYCLES} cycles\n`);
    expect(link.socketsOpened - before).toBeLessThanOrEqual(2 * 2 * CYCLES);
    for (const { context } of [ada, bob]) await context.close();
  });

  it('[R9][R11] a tablo of 2,000 messages opens over it, and no timer cuts it off', { timeout: 180_000 }, async () => {
    const grace = new RestPerson(stage.server.url, 'Grace Hopper');
    await grace.signUp('correct horse battery staple');
    const tablo = await grace.createTablo('Archive');
    for (let from = 0; from < HISTORY; from += 50) {
      const texts = Array.from(
        { length: 50 },
        (_, index) => `Line ${from + index} of the archive, with enough words in it to be one.`,
      );
      await Promise.all(texts.map((text) => grace.say(tablo, text)));
    }
    let carol = await stage.newPerson('Carol Shaw');
    // Another port is another origin: what this device knows is not known there, but the cookie is.
    carol = await moveBehindLink(carol);
    await carol.tablos.waitFor();
    await isOnline(carol);
    const before = link.socketsOpened;
    // As a host application adds people: Grace and Carol share no tablo, so Grace alone could only ask her.
    await stage.database.query('INSERT INTO tablo_access (tablo_id, user_id) VALUES ($1, $2)', [
      tablo,
      await userId(carol),
    ]);
    await carol.tabloLink('Archive').waitFor();
    await carol.open('Archive');
    await isOnline(carol);
    await eventually(() => carol.log.getAttribute('aria-busy'), 60_000).toBe('false');
    const newest = (await stage.messages('Archive')).at(-1)?.id;
    await eventually(async () => (await carol.messageIds()).at(-1), 60_000).toBe(newest);
    expect(link.socketsOpened - before).toBe(0);
    await carol.context.close();
  });
});

async function userId(person: Person): Promise<string> {
  const rows = await stage.database.query<{ user_id: string }>('SELECT user_id FROM chat_profiles WHERE email = $1', [
    person.email,
  ]);
  return rows[0]?.user_id ?? '';
}
