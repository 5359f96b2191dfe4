// What has been read and what has not: in the list, in the conversation, and on a second device.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, type Person } from '../../support/person.ts';
import { RestPerson } from '../../support/rest-person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
  await ada.createTablo('Kitchen');
  bob = await stage.newPerson('Bob Marley');
  await bob.openInvite(await ada.invite());
  await ada.createTablo('Garden');
  await bob.openInvite(await ada.invite());
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

const readSeq = async (person: Person, tablo: string): Promise<number> => {
  const rows = await stage.database.query<{ seq: number }>(
    `SELECT last_read_seq::int AS seq FROM channel_read_state JOIN tablos t ON t.id = channel_id JOIN chat_profiles p USING (user_id)
     WHERE t.name = $1 AND p.email = $2`,
    [tablo, person.email],
  );
  return rows[0]?.seq ?? 0;
};

describe('a tablo that is not open', () => {
  it('[R10] a tablo that is not open shows how much is unread and the newest message, until it is opened', async () => {
    await bob.open('Garden');
    await ada.open('Kitchen');
    await ada.say('There is soup');
    await ada.say('And bread');
    await eventually(() => bob.unread('Kitchen')).toBe(2);
    expect(await bob.describe('Kitchen')).toContain('Ada Lovelace: And bread');
    expect(await bob.unread('Garden')).toBe(0);
    expect(await ada.unread('Kitchen')).toBe(0);
    expect(await ada.describe('Kitchen')).toContain('You: And bread');
    // Newest activity stands first.
    expect(await bob.tablos.getByRole('link').first().getAttribute('aria-label')).toBe('Kitchen');

    await bob.open('Kitchen');
    await bob.log.getByText('New messages').waitFor();
    await eventually(() => bob.unread('Kitchen')).toBe(0);
    await eventually(() => readSeq(bob, 'Kitchen')).toBe(2);
    await bob.open('Garden');
    expect(await bob.unread('Kitchen')).toBe(0);
  });

  it('[R10] a tablo that is not open counts what was deleted before it was read no more', async () => {
    await ada.say('Not for you');
    await eventually(() => bob.unread('Kitchen')).toBe(1);
    await ada.choose('Not for you', 'Delete');
    await ada.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await eventually(() => bob.unread('Kitchen')).toBe(0);
    await eventually(() => bob.describe('Kitchen')).toContain('Ada Lovelace: And bread');
  });
});

describe('more unread messages than one page holds', () => {
  it('[R10] more unread messages than one page holds open at the first new one in view, and are not read before the reader has come to the end', async () => {
    const rita = new RestPerson(stage.server.url, 'Rita Rest');
    await rita.signUp(PASSWORD);
    await ada.createTablo('Archive');
    const link = await ada.invite();
    await bob.openInvite(link);
    await rita.accept(new URL(link).pathname.split('/').at(-1) ?? '');
    await bob.open('Garden');
    const tablo = await stage.tabloId('Archive');
    for (let index = 1; index <= 70; index++) await rita.say(tablo, `Page ${index} of the archive`);
    await eventually(() => bob.unread('Archive')).toBe(70);

    await bob.open('Archive');
    await bob.log.getByText('New messages').waitFor();
    await bob.page.getByRole('button', { name: /^Jump to the latest/ }).waitFor();
    expect(await bob.unread('Archive')).toBe(70);
    await bob.page.getByRole('button', { name: /^Jump to the latest/ }).click();
    await eventually(() => bob.unread('Archive')).toBe(0);
    await eventually(() => readSeq(bob, 'Archive')).toBe(70);
  });
});

describe('two devices of one person', () => {
  it('[R10] what is read on one is read on the other, also after a reload', async () => {
    await ada.open('Kitchen');
    await bob.open('Garden');
    const phone = await stage.secondDevice(bob);
    await phone.open('Garden');
    await ada.say('Dessert as well');
    await eventually(() => phone.unread('Kitchen')).toBe(1);
    await eventually(() => bob.unread('Kitchen')).toBe(1);
    await bob.open('Kitchen');
    await eventually(() => phone.unread('Kitchen')).toBe(0);
    await phone.page.reload();
    await eventually(() => phone.describe('Kitchen')).toContain('Dessert as well');
    await eventually(() => phone.unread('Kitchen')).toBe(0);
    await phone.context.close();
  });

  it('[R10] a message that comes below what is in view is unread until the reader goes there', async () => {
    await ada.say(Array.from({ length: 80 }, (_, index) => `Line ${index + 1}`).join('\n'));
    await eventually(() => bob.statusOf('Line 80')).toEqual(['sent']);
    const before = (await stage.messages('Kitchen')).length;
    await eventually(() => readSeq(bob, 'Kitchen')).toBe(before);
    await eventually(() => bob.unread('Kitchen')).toBe(0);
    await bob.log.hover();
    await bob.page.mouse.wheel(0, -3_000);
    await bob.page.getByRole('button', { name: 'Jump to the latest' }).waitFor();
    await ada.say('Who sees this?');
    await eventually(() => bob.unread('Kitchen')).toBe(1);
    await bob.page.getByRole('button', { name: 'Jump to the latest, 1 new' }).waitFor();
    expect(await readSeq(bob, 'Kitchen')).toBe(before);
    await bob.page.getByRole('button', { name: 'Jump to the latest, 1 new' }).click();
    await eventually(() => bob.unread('Kitchen')).toBe(0);
    await eventually(() => readSeq(bob, 'Kitchen')).toBe(before + 1);
  });
});
