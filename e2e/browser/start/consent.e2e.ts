// Nobody joins without having said so, and nobody is shown as somebody else.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Person } from '../../support/person.ts';
import { RestPerson } from '../../support/rest-person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let ada: Person;

beforeAll(async () => {
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
  await ada.createTablo('Plans');
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

/** Of the tablo: how many belong to it. */
async function countMembers(tablo: string): Promise<number> {
  const rows = await stage.database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM tablo_access WHERE tablo_id = $1 AND is_active',
    [await stage.tabloId(tablo)],
  );
  return rows[0]?.count ?? 0;
}

describe('an invitation link', () => {
  it('[R6] an invitation link says what it leads to and asks; whoever does not want to stays out', async () => {
    const link = await ada.invite('Guest');
    const bob = await stage.newPerson('Bob Marley');
    await bob.page.goto(link);
    const { page } = bob;
    await page.getByRole('heading', { name: 'Join Plans?', exact: true }).waitFor();
    for (const words of [
      'Ada Lovelace invited you',
      '1 member',
      'you can read, not write',
      new URL(link).host,
      bob.email,
    ])
      await page.getByText(words).first().waitFor();
    await page.getByRole('button', { name: 'Not now', exact: true }).click();
    await page.getByText('No tablos yet').waitFor();
    expect(await countMembers('Plans')).toBe(1);
    await bob.openInvite(link);
    expect(await countMembers('Plans')).toBe(2);
    await bob.context.close();
  });

  it('[R6] a page of another origin that sends somebody to it makes nobody a member', async () => {
    await ada.open('Plans');
    const link = await ada.invite();
    const before = await countMembers('Plans');
    const eve = await stage.newPerson('Eve Curious');
    const html = `<script>location.href = ${JSON.stringify(link)}</script>`;
    await eve.context.route('http://elsewhere.test/**', (route) =>
      route.fulfill({ contentType: 'text/html', body: html }),
    );
    await eve.page.goto('http://elsewhere.test/', { waitUntil: 'commit' });
    const accept = eve.page.getByRole('button', { name: 'Accept', exact: true });
    await eventually(() => accept.isEnabled()).toBe(true);
    expect(await eve.page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    expect(await countMembers('Plans')).toBe(before);
    await eve.context.close();
  });

  it('[R6] an invitation link can be revoked, and then has one sentence for everybody', async () => {
    stage.expectMissing();
    await ada.createTablo('Revocable');
    const link = await ada.invite();
    const settings = await ada.openSettings();
    await settings.getByText('Links that work').waitFor();
    await settings.getByRole('button', { name: 'Revoke', exact: true }).click();
    await settings.getByRole('button', { name: 'Revoke', exact: true }).waitFor({ state: 'detached' });
    await ada.closeDialog();
    const late = await stage.newPerson('Late Comer');
    await late.page.goto(link);
    await late.page.getByRole('heading', { name: 'This invitation has ended' }).waitFor();
    await late.page.getByRole('button', { name: 'To your tablos' }).click();
    await late.page.getByText('No tablos yet').waitFor();
    await late.context.close();
  });
});

describe('an invitation of a person', () => {
  it('[R6] an invitation of a person is theirs to accept or to decline, in the list of tablos', async () => {
    const grace = new RestPerson(stage.server.url, 'Grace Hopper');
    await grace.signUp(PASSWORD);
    const [roof, cellar] = [await grace.createTablo('Roof garden'), await grace.createTablo('Cellar')];
    const bob = await stage.newPerson('Bob Dylan');
    const bobId = await idOf(bob);
    await grace.askToJoin(roof, bobId);
    await grace.askToJoin(cellar, bobId);
    await bob.page.reload();
    const invitations = bob.page.getByRole('region', { name: 'Invitations' });
    await invitations.getByText('Roof garden').waitFor();
    expect(await bob.tabloLink('Roof garden').count()).toBe(0);
    const item = (name: string) => invitations.getByRole('listitem').filter({ hasText: name });
    await item('Cellar').getByText('Grace Hopper invites you').waitFor();
    await item('Cellar').getByRole('button', { name: 'Decline', exact: true }).click();
    await item('Cellar').waitFor({ state: 'detached' });
    await item('Roof garden').getByRole('button', { name: 'Accept', exact: true }).click();
    await bob.page.getByRole('heading', { name: 'Roof garden', exact: true }).waitFor();
    await bob.tabloLink('Roof garden').waitFor();
    expect(await bob.tabloLink('Cellar').count()).toBe(0);
    await invitations.waitFor({ state: 'detached' });
    await bob.context.close();
  });
});

/** As the page's own session names it. */
const idOf = (person: Person): Promise<string> =>
  person.page.evaluate(
    () => (JSON.parse(localStorage.getItem('tablo.user') ?? '{}') as { user: { id: string } }).user.id,
  );

describe('names', () => {
  it('[R3] an account called You is never shown as the reader, nor one that looks like a colleague as that colleague', async () => {
    await ada.createTablo('Who is who');
    const bob = await stage.newPerson('Bob Kahn');
    const you = await stage.newPerson('You\u200B');
    const twin = await stage.newPerson('\u202EAdа  Lovelace\u2060'); // With a Cyrillic letter.
    for (const person of [bob, you, twin]) await person.openInvite(await ada.invite());
    await you.say('I promise to pay');
    await twin.say('So do I');
    await bob.choose('I promise to pay', 'Reply');
    await bob.say('Noted');

    for (const reader of [ada, bob]) {
      await reader.open('Who is who');
      await eventually(() => reader.statusOf('I promise to pay', 'So do I', 'Noted')).toEqual(['sent', 'sent', 'sent']);
      const author = (text: string) => reader.message(text).locator('.message-author').textContent();
      await eventually(() => author('I promise to pay')).toBe(`You ${you.email}`);
      expect(await author('So do I')).toBe(`Adа Lovelace ${twin.email}`);
      expect(await reader.message('Noted').locator('.quote-author').textContent()).toBe(`You ${you.email}`);
      expect(await reader.message('Noted').locator('.quote-author .you').count()).toBe(0);
    }
    await ada.choose('Noted', 'Reply');
    await ada.say('Good');
    await eventually(() => bob.describe('Who is who')).toContain(`Ada Lovelace (${ada.email}): Good`);
    expect(await ada.describe('Who is who')).toBe('You: Good');
    const row = ada.tablos.getByRole('listitem').filter({ hasText: 'Who is who' });
    expect(await row.locator('.you').count()).toBe(1);
    for (const person of [bob, you, twin]) await person.context.close();
  });

  it('[R3] every name in a message, a heading and the list of members stands in a bdi', async () => {
    const hebrew = await stage.newPerson('עדה Hebrew');
    await ada.createTablo('Directions');
    await hebrew.openInvite(await ada.invite());
    await hebrew.say('שלום');
    await eventually(() => ada.statusOf('שלום')).toEqual(['sent']);
    const settings = await ada.openSettings();
    await settings.getByText('עדה Hebrew').first().waitFor();
    const bare = await ada.page.evaluate((name) => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found: string[] = [];
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
        if (node.textContent?.includes(name) && node.parentElement?.closest('bdi') === null)
          found.push(node.parentElement.outerHTML.slice(0, 200));
      return found;
    }, 'עדה Hebrew');
    expect(bare).toEqual([]);
    await ada.closeDialog();
    await hebrew.context.close();
  });

  it('[R3] a name that shows nothing is refused with a sentence, of a person and of a tablo', async () => {
    await ada.page.getByRole('button', { name: 'New tablo', exact: true }).click();
    const dialog = ada.page.getByRole('dialog');
    await dialog.getByRole('textbox', { name: 'Name', exact: true }).fill('\u200B\u3164');
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await dialog.getByText('The name must have a character that can be seen.').waitFor();
    await ada.closeDialog();
  });
});

describe('texts that show nothing', () => {
  it('[R8] texts that show nothing are not sent, said why, and stay; what joins characters is sent as it is', async () => {
    await ada.open('Plans');
    await ada.composer.fill('\u200B\u2060');
    const send = ada.page.getByRole('button', { name: 'Send', exact: true });
    expect(await send.getAttribute('aria-disabled')).toBe('true');
    await ada.composer.press('Enter');
    await ada.page.getByText('There is nothing in it that others could see').waitFor();
    expect(await ada.composer.inputValue()).toBe('\u200B\u2060');
    for (const text of ['👩\u200D👩\u200D👧\u200D👦', 'می\u200Cخواهم', 'क\u094D\u200Dष']) {
      await ada.say(text);
      await eventually(() => stage.texts('Plans')).toContain(text);
    }
    expect((await stage.texts('Plans')).filter((text) => text.trim() === '\u200B\u2060')).toEqual([]);
  });
});
