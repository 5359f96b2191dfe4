// Where one was, and where the new begins: many unread messages, a window in the background, other tablos, the browser's Back.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, Person } from '../../support/person.ts';
import { RestPerson } from '../../support/rest-person.ts';
import { messageIdOf, seedTablo } from '../../support/seed-tablo.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const DESK = { width: 1_280, height: 800 };

let stage: Stage;
let ada: Person;
let bob: Person;
let rita: RestPerson;
let ids: { ada: string; bob: string; rita: string };

beforeAll(async () => {
  stage = await openStage();
  rita = new RestPerson(stage.server.url, 'Rita Rest');
  await rita.signUp(PASSWORD);
  ada = await stage.newPerson('Ada Lovelace', { viewport: DESK });
  await ada.createTablo('Kitchen');
  bob = await stage.newPerson('Bob Marley', { viewport: DESK });
  await bob.openInvite(await ada.invite());
  const kitchen = await stage.tabloId('Kitchen');
  const members = await stage.database.query<{ user_id: string; role: string }>(
    'SELECT user_id, role FROM tablo_access WHERE tablo_id = $1',
    [kitchen],
  );
  const idOf = (role: string) => members.find((one) => one.role === role)?.user_id ?? '';
  ids = { ada: idOf('owner'), bob: idOf('member'), rita: await rita.userId() };
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

/** A tablo of all three, in which Rita has written `count` messages. */
const seed = (name: string, count: number, readSeq: number) =>
  seedTablo(stage.database, { name, count, readSeq, members: [ids.rita, ids.ada, ids.bob] });

const readSeq = async (tablo: string, user: string): Promise<number> => {
  const rows = await stage.database.query<{ seq: number }>(
    'SELECT last_read_seq::int AS seq FROM channel_read_state WHERE channel_id = $1 AND user_id = $2',
    [tablo, user],
  );
  return rows[0]?.seq ?? 0;
};

const bar = (person: Person) => person.page.getByRole('group', { name: 'Unread messages' });
const toLatest = (person: Person) => person.page.getByRole('button', { name: /^Jump to the latest/ });

/** What stands in the log in its order: texts, and `---` for the divider. */
const shown = (person: Person): Promise<string[]> =>
  person.log
    .locator('.message-text, .new-separator')
    .evaluateAll((all) => all.map((one) => (one.matches('.new-separator') ? '---' : (one.textContent ?? ''))));

/** The message that stands below the divider. */
async function firstNew(person: Person): Promise<string | undefined> {
  const all = await shown(person);
  expect(all.filter((one) => one === '---').length).toBeLessThanOrEqual(1);
  return all.includes('---') ? all[all.indexOf('---') + 1] : undefined;
}

/** Top of a message below the top of the log, px; null where it is not in the page. */
const topOf = (person: Person, text: string): Promise<number | null> =>
  person.log.evaluate((log, wanted) => {
    const all = [...log.querySelectorAll('[data-message-id]')];
    const message = all.find((one) => one.querySelector('.message-text')?.textContent === wanted);
    return message === undefined ? null : message.getBoundingClientRect().top - log.getBoundingClientRect().top;
  }, text);

async function isInView(person: Person, text: string): Promise<boolean> {
  const top = await topOf(person, text);
  return top !== null && top >= -1 && top < (await person.log.evaluate((log) => log.clientHeight));
}

const isAtEnd = (person: Person): Promise<boolean> =>
  person.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight <= 48);

const scrollBy = (person: Person, pixels: number) => person.log.evaluate((log, by) => log.scrollBy(0, by), pixels);

describe('a window in the background', () => {
  const lookAway = (person: Person) =>
    person.page.evaluate(() => {
      document.hasFocus = () => false;
      window.dispatchEvent(new Event('blur'));
    });
  const lookBack = (person: Person) =>
    person.page.evaluate(() => {
      document.hasFocus = () => true;
      window.dispatchEvent(new Event('focus'));
    });
  const say = async (words: readonly string[]) => {
    for (const text of words) await ada.say(text);
    await eventually(() => bob.statusOf(words.at(-1) ?? '')).toEqual(['sent']);
  };

  it('[R10] a window in the background has a line above what came meanwhile, each time anew, until it is answered', async () => {
    await ada.open('Kitchen');
    await bob.open('Kitchen');
    await say(['seen as it came']);
    await eventually(() => bob.unread('Kitchen')).toBe(0);
    expect(await firstNew(bob)).toBeUndefined();

    await lookAway(bob);
    await say(['one', 'two', 'three', 'four', 'five']);
    await eventually(() => bob.page.title()).toMatch(/^\(5\)/);
    await eventually(() => bob.unread('Kitchen')).toBe(5);
    await lookBack(bob);
    await eventually(() => bob.unread('Kitchen')).toBe(0);
    expect(await bob.page.title()).not.toMatch(/^\(/);
    expect(await firstNew(bob)).toBe('one');

    await say(['seen again']);
    expect(await firstNew(bob)).toBe('one');
    await lookAway(bob);
    await say(['six', 'seven']);
    await eventually(() => bob.unread('Kitchen')).toBe(2);
    await lookBack(bob);
    await eventually(() => bob.unread('Kitchen')).toBe(0);
    expect(await firstNew(bob)).toBe('six');

    await bob.say('I have read all of it');
    await eventually(() => firstNew(bob)).toBeUndefined();
  });

  it('[R10] a window in the background, in which more has come than is in view, tells how much, and reads nothing by itself', async () => {
    const before = (await stage.messages('Kitchen')).length;
    await lookAway(bob);
    const words = Array.from({ length: 40 }, (_, index) => `while you slept ${index + 1}`);
    const kitchen = await stage.tabloId('Kitchen');
    for (const text of words) await ada.say(text);
    await eventually(() => bob.unread('Kitchen')).toBe(40);
    await lookBack(bob);
    await eventually(() => bar(bob).textContent()).toMatch(/^40 new since /);
    await bar(bob).getByRole('button', { name: 'Jump' }).click();
    await eventually(() => isInView(bob, 'while you slept 1')).toBe(true);
    // What looking back had marked would have been reported by now.
    expect(await readSeq(kitchen, ids.bob)).toBeLessThanOrEqual(before);
    expect(await firstNew(bob)).toBe('while you slept 1');
    await toLatest(bob).click();
    await eventually(() => bob.unread('Kitchen')).toBe(0);
    await eventually(() => readSeq(kitchen, ids.bob)).toBe(before + 40);
  });
});

describe('more unread messages than a page holds', () => {
  it.each([60, 140])(
    '[R10] more unread messages than a page holds of which %i are here open at the first, under a bar with the true count',
    async (count) => {
      const name = `Archive of ${count}`;
      const tablo = await seed(name, 3, 3);
      for (let nth = 1; nth <= count; nth += 1) await rita.say(tablo, `new ${nth}`);
      await eventually(() => bob.describe(name)).toContain(`${count} unread`);
      await bob.open(name);
      await eventually(() => bar(bob).textContent()).toMatch(new RegExp(`^${count} new since `));
      await eventually(() => firstNew(bob)).toBe('new 1');
      await eventually(() => isInView(bob, 'new 1')).toBe(true);
      expect(await toLatest(bob).getAttribute('aria-label')).toBe(`Jump to the latest, ${count} new`);
      expect(await readSeq(tablo, ids.bob)).toBe(3);
      await bar(bob).getByRole('button', { name: 'Mark as read' }).click();
      await eventually(() => readSeq(tablo, ids.bob)).toBe(count + 3);
      await eventually(() => bob.unread(name)).toBe(0);
      expect(await bar(bob).count()).toBe(0);
      expect(await firstNew(bob)).toBeUndefined();
    },
  );

  it('[R10] [R9] more unread messages than a page holds of which the first is far away open at the end; Jump leads to it, and nothing is read before', async () => {
    const tablo = await seed('Five thousand', 5_002, 2);
    await ada.tabloLink('Five thousand').waitFor();
    await ada.open('Five thousand');
    await eventually(() => isAtEnd(ada)).toBe(true);
    await eventually(() => bar(ada).textContent()).toMatch(/^5,000 new since /);
    expect(await firstNew(ada)).toBeUndefined();
    await ada.message('number 5002').waitFor();

    await bar(ada).getByRole('button', { name: 'Jump' }).click();
    await eventually(() => firstNew(ada)).toBe('number 3');
    await eventually(() => isInView(ada, 'number 3')).toBe(true);
    expect(await ada.focused()).toBe('message number 3');
    await eventually(() => shown(ada)).toContain('number 1');
    expect(await toLatest(ada).getAttribute('aria-label')).toBe('Jump to the latest, 5000 new');
    expect(await readSeq(tablo, ids.ada)).toBe(2);

    await rita.say(tablo, 'and one more');
    await eventually(() => bar(ada).textContent()).toMatch(/^5,001 new since /);
    expect(await shown(ada)).not.toContain('and one more');
    await toLatest(ada).click();
    await eventually(() => ada.texts().then((texts) => texts.slice(-2))).toEqual(['number 5002', 'and one more']);
    await eventually(() => isAtEnd(ada)).toBe(true);
    await eventually(() => readSeq(tablo, ids.ada)).toBe(5_003);
  });

  it('[R10] [R4] unread messages that are read page by page from the first to the last are all there, each once, and read in the end', async () => {
    const tablo = await seed('Four hundred', 400, 100);
    await bob.tabloLink('Four hundred').waitFor();
    await bob.open('Four hundred');
    await bar(bob).getByRole('button', { name: 'Jump' }).click();
    await eventually(() => firstNew(bob)).toBe('number 101');
    const seen = new Set<string>();
    await eventually(async () => {
      const texts = await bob.texts();
      expect(new Set(texts).size).toBe(texts.length);
      // Without a gap, whatever part of it stands in the page.
      const from = Number(texts[0]?.replace('number ', ''));
      expect(texts).toEqual(texts.map((_, index) => `number ${from + index}`));
      for (const text of texts) seen.add(text);
      await scrollBy(bob, 2_000);
      return (await isAtEnd(bob)) && texts.at(-1) === 'number 400';
    }).toBe(true);
    for (let nth = 101; nth <= 400; nth += 1) expect(seen).toContain(`number ${nth}`);
    await eventually(() => readSeq(tablo, ids.bob)).toBe(400);
    expect(await bar(bob).count()).toBe(0);
  });

  it('[R7] [R10] more unread messages than a page holds are counted without the network as this device knows, and what is not here is said so', async () => {
    const tablo = await seed('On the train', 300, 100);
    await bob.tabloLink('On the train').waitFor();
    await eventually(() => bob.describe('On the train')).toContain('200 unread');
    stage.expectOutage();
    await bob.goOffline();
    await bob.tabloLink('On the train').click();
    await eventually(() => bar(bob).textContent()).toMatch(/^200 new/);
    await bar(bob).getByRole('button', { name: 'Jump' }).click();
    await bob.page.getByText('This message is not on this device').waitFor();
    await bob.goOnline();
    await bob.message('number 300').waitFor();
    await eventually(() => bar(bob).textContent()).toMatch(/^200 new/);
    expect(await readSeq(tablo, ids.bob)).toBe(100);
  });
});

describe('the place in a tablo', () => {
  it('the place in a tablo is kept while one looks at another one, also on older pages, and the end stays the end', async () => {
    await seed('Long', 400, 400);
    await bob.tabloLink('Long').waitFor();
    await bob.open('Long');
    await bob.message('number 400').waitFor();
    await eventually(async () => {
      await scrollBy(bob, -1_500);
      return shown(bob);
    }).toContain('number 230');
    await bob.message('number 240').evaluate((message) => message.scrollIntoView({ block: 'start' }));
    await scrollBy(bob, -37);
    await eventually(() => isInView(bob, 'number 240')).toBe(true);
    const before = (await topOf(bob, 'number 240')) ?? 0;

    await bob.open('Kitchen');
    await eventually(() => isAtEnd(bob)).toBe(true);
    await bob.open('Long');
    await eventually(async () => Math.abs(((await topOf(bob, 'number 240')) ?? 9_999) - before)).toBeLessThanOrEqual(2);

    await toLatest(bob).click();
    await eventually(() => isAtEnd(bob)).toBe(true);
    await bob.open('Kitchen');
    await bob.open('Long');
    await eventually(() => isAtEnd(bob)).toBe(true);
    expect(await shown(bob)).toContain('number 400');
  });

  it('[R9] [R7] the place in a tablo stays where it is on the screen while a word about the connection comes and goes above it', async () => {
    stage.expectOutage();
    await bob.open('Long');
    await eventually(() => isAtEnd(bob)).toBe(true);
    await bob.message('number 390').evaluate((message) => message.scrollIntoView({ block: 'center' }));
    await toLatest(bob).waitFor();
    const places = await bob.watchPlace('number 390');
    await bob.goOffline();
    const strip = bob.page.locator('.strip');
    await strip.waitFor();
    await bob.goOnline();
    await strip.waitFor({ state: 'detached' });
    await eventually(() => bob.status()).toBe('Online');
    const seen = await places();
    expect(Math.max(...seen) - Math.min(...seen)).toBeLessThanOrEqual(2);
  });

  it('the place in a tablo is where the browser’s Back and Forward lead to on a desk', async () => {
    await bob.open('Kitchen');
    await bob.open('Long');
    await bob.page.goBack();
    await bob.page.getByRole('heading', { name: 'Kitchen', exact: true }).waitFor();
    await bob.page.goForward();
    await bob.page.getByRole('heading', { name: 'Long', exact: true }).waitFor();
  });
});

describe('a link to a message', () => {
  const flashed = (person: Person) => person.log.locator('.message-flashed .message-text').allTextContents();
  let tablo: string;
  const linkTo = (message: string) => `${stage.server.url}/t/${tablo}/m/${message}`;
  beforeAll(async () => {
    tablo = await seed('Linked', 1_000, 1_000);
    await bob.tabloLink('Linked').waitFor();
  });

  it('a link to a message comes from the message’s menu, and opens at it on an older page, with what stands around it', async () => {
    await bob.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await bob.open('Linked');
    await bob.message('number 1000').waitFor();
    await bob.page.goto(linkTo(await messageIdOf(stage.database, tablo, 'number 300')));
    await eventually(() => isInView(bob, 'number 300')).toBe(true);
    await eventually(() => flashed(bob)).toEqual(['number 300']);
    expect(await bob.focused()).toBe('message number 300');
    await eventually(() => isInView(bob, 'number 299')).toBe(true);
    await eventually(() => isInView(bob, 'number 301')).toBe(true);

    await bob.choose('number 300', 'Copy link');
    await eventually(() => bob.page.evaluate(() => navigator.clipboard.readText())).toBe(
      linkTo(await messageIdOf(stage.database, tablo, 'number 300')),
    );
    // What is written meanwhile stands at the end, and one is led there.
    await bob.say('from far back');
    await eventually(() => bob.statusOf('number 1000', 'from far back')).toEqual(['sent', 'sent']);
    await eventually(() => isInView(bob, 'from far back')).toBe(true);
  });

  it('a link to a message opens at it also after signing in, and from another tablo', async () => {
    const link = linkTo(await messageIdOf(stage.database, tablo, 'number 500'));
    const context = await stage.newContext();
    const stranger = await Person.atNewTab(context, link, bob);
    await stranger.signIn();
    await eventually(() => isInView(stranger, 'number 500')).toBe(true);
    await context.close();

    await bob.open('Kitchen');
    await bob.page.goto(link);
    await eventually(() => isInView(bob, 'number 500')).toBe(true);
    // The address is the tablo's again: what one does there is kept, not the link.
    expect(new URL(bob.page.url()).pathname).toBe(`/t/${tablo}`);
  });

  it('a link to a message opens at its end where the place of before comes too late, and stays there when it comes', async () => {
    await bob.page.goto(linkTo(await messageIdOf(stage.database, tablo, 'number 300')));
    await eventually(() => isInView(bob, 'number 300')).toBe(true);
    await bob.open('Kitchen');
    let answer = () => {};
    const isSlow = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await bob.page.route(/\/messages\?.*around=/u, async (route) => {
      await isSlow;
      await route.continue();
    });
    const asked = bob.page.waitForResponse(/\/messages\?.*around=/u);
    await bob.open('Linked');
    // Out of sight until then.
    await bob.message('from far back').waitFor();
    await eventually(() => isAtEnd(bob)).toBe(true);
    answer();
    await (await asked).finished();
    // What the page does with the answer is done when it has had another one, and has shown it.
    await bob.page.evaluate(async () => {
      await (await fetch('/healthz')).text();
      for (let frame = 0; frame < 5; frame += 1) await new Promise(requestAnimationFrame);
    });
    expect(await bob.count('number 300')).toBe(0);
    expect(await isAtEnd(bob)).toBe(true);
    expect(await toLatest(bob).count()).toBe(0);
    await bob.page.unroute(/\/messages\?.*around=/u);
  });

  it('[R7] a link to a message opens at a message that was read before, without the network', async () => {
    await bob.waitForServiceWorker();
    const link = linkTo(await messageIdOf(stage.database, tablo, 'number 990'));
    stage.expectOutage();
    await bob.goOffline();
    await bob.page.goto(link);
    await eventually(() => isInView(bob, 'number 990')).toBe(true);
    await bob.goOnline();
    await eventually(() => bob.status()).toBe('Online');
  });

  it.each([
    ['that never was', () => crypto.randomUUID()],
    ['that is no id', () => 'nonsense'],
    ['that was deleted', () => deleted],
  ])('a link to a message %s says so, and opens at the end', async (_which, idOf) => {
    stage.expectMissing();
    await bob.open('Kitchen');
    await bob.page.goto(linkTo(idOf()));
    await bob.page.getByText('This message is not here').waitFor();
    await eventually(() => isAtEnd(bob)).toBe(true);
    await bob.message('from far back').waitFor();
  });
  let deleted = '';
  beforeAll(async () => {
    deleted = await messageIdOf(stage.database, tablo, 'number 700');
    await stage.database.query(`UPDATE messages SET text = '', deleted_at = now() WHERE id = $1`, [deleted]);
  });
});

describe('Back on a phone', () => {
  const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  const back = (person: Person) => person.page.getByRole('button', { name: 'Back to all tablos' }).click();

  it('Back on a phone leads from the list out of the page, not into a conversation that was left', async () => {
    const phone = await stage.secondDevice(bob, PHONE);
    const before = await phone.page.evaluate(() => history.length);
    for (const name of ['Kitchen', 'Long', 'Kitchen']) {
      await phone.open(name);
      await back(phone);
      await phone.tablos.waitFor();
    }
    expect(await phone.page.evaluate(() => history.length)).toBe(before + 1);
    await phone.page.goBack();
    await eventually(() => phone.page.url()).not.toContain('/t/');
    expect(await phone.log.count()).toBe(0);
    await phone.context.close();
  });

  it('Back on a phone leads from an address that was opened directly to the list, once', async () => {
    const phone = await stage.secondDevice(bob, PHONE);
    const kitchen = await stage.tabloId('Kitchen');
    await phone.page.goto('about:blank');
    await phone.page.goto(`${stage.server.url}/t/${kitchen}`);
    await phone.log.waitFor();
    await back(phone);
    await phone.tablos.waitFor();
    await phone.page.goBack();
    expect(phone.page.url()).toBe('about:blank');
    await phone.context.close();
  });
});
