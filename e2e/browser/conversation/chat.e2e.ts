// Two people and the whole way of a message: browser, server, SQL, browser.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

describe('two people', () => {
  it('[R1] two people sign up, meet through an invitation and chat; what shows as sent is in SQL', async () => {
    await ada.createTablo('Launch');
    await ada.say('Hello, is anybody here?');
    const invitation = await ada.invite();

    bob = await stage.newPerson('Bob Marley');
    await eventually(() => bob.tablos.getByRole('link').count()).toBe(0);
    await bob.openInvite(invitation);
    await bob.tabloLink('Launch').waitFor();
    await eventually(() => bob.statusOf('Hello, is anybody here?')).toEqual(['sent']);
    expect(await bob.message('Hello, is anybody here?').textContent()).toContain('Ada Lovelace');

    await bob.say('Yes, I am');
    await eventually(() => ada.statusOf('Hello, is anybody here?', 'Yes, I am')).toEqual(['sent', 'sent']);
    expect(await ada.message('Yes, I am').textContent()).toContain('Bob Marley');
    await eventually(() => bob.statusOf('Hello, is anybody here?', 'Yes, I am')).toEqual(['sent', 'sent']);

    const rows = await stage.messages('Launch');
    expect(rows).toMatchObject([
      { text: 'Hello, is anybody here?', author: 'Ada Lovelace', seq: 1, deleted_at: null },
      { text: 'Yes, I am', author: 'Bob Marley', seq: 2, deleted_at: null },
    ]);
    const ids = rows.map(({ id }) => id);
    expect([await ada.messageIds(), await bob.messageIds()]).toEqual([ids, ids]);
    await eventually(async () => [await ada.status(), await bob.status()]).toEqual(['Online', 'Online']);
  });

  it('[R1] two people shows no message as sent before its row is committed', async () => {
    // A lock on the tablo's row holds the commit back for as long as we like.
    const release = await stage.holdTablo('Launch');
    await ada.say('Held back');
    await eventually(() => ada.statusOf('Held back')).toEqual(['pending']);
    await stage.untilSomebodyWaitsForALock();
    expect(await ada.statusOf('Held back')).toEqual(['pending']);
    expect(await bob.count('Held back')).toBe(0);
    expect(await stage.texts('Launch')).not.toContain('Held back');
    await release();
    await eventually(() => ada.statusOf('Held back')).toEqual(['sent']);
    await eventually(() => bob.statusOf('Held back')).toEqual(['sent']);
    expect(await stage.texts('Launch')).toContain('Held back');
  });

  it('[R3] two people see who is here and who types, under the name that the server knows', async () => {
    await ada.page.getByText('2 here now').waitFor();
    await bob.composer.pressSequentially('Let me think');
    await ada.page.getByText('Bob is typing…').waitFor();
    expect(await bob.page.getByText('is typing…').count()).toBe(0);
    await bob.composer.fill('');
    await ada.page.getByText('Bob is typing…').waitFor({ state: 'detached' });
    await bob.page.goto('about:blank');
    await eventually(() => ada.page.getByText('2 here now').count()).toBe(0);
    await bob.page.goBack();
    await ada.page.getByText('2 here now').waitFor();
  });

  it('[R2] two people edit, delete, react and reply; the other sees it and SQL has it', async () => {
    await ada.say('The meeting is at nine');
    await eventually(() => bob.statusOf('The meeting is at nine')).toEqual(['sent']);

    await ada.choose('The meeting is at nine', 'Edit');
    await ada.composer.fill('The meeting is at ten');
    await ada.composer.press('Enter');
    await eventually(() => bob.statusOf('The meeting is at ten')).toEqual(['sent']);
    expect(await bob.count('The meeting is at nine')).toBe(0);
    expect(await bob.message('The meeting is at ten').textContent()).toContain('edited');

    await bob.react('The meeting is at ten', '👍');
    await ada.message('The meeting is at ten').getByRole('button', { name: 'Bob Marley reacted with 👍' }).waitFor();

    await bob.choose('The meeting is at ten', 'Reply');
    await bob.say('I will be there');
    await eventually(() => ada.statusOf('I will be there')).toEqual(['sent']);
    expect(await ada.message('I will be there').textContent()).toContain('The meeting is at ten');

    await bob.say('Forget this');
    await eventually(() => ada.statusOf('Forget this')).toEqual(['sent']);
    await bob.choose('Forget this', 'Delete');
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await eventually(() => ada.count('Forget this')).toBe(0);
    expect(await ada.messages()).toContainEqual(
      expect.objectContaining({ words: expect.stringContaining('Message deleted') }),
    );

    const rows = await stage.messages('Launch');
    const meeting = rows.find(({ text }) => text === 'The meeting is at ten');
    expect(meeting?.updated_at).toBeInstanceOf(Date);
    expect(rows.find(({ text }) => text === 'I will be there')?.reply_to).toBe(meeting?.id);
    expect(rows.filter(({ deleted_at }) => deleted_at !== null)).toMatchObject([{ text: '' }]);
    const reactions = await stage.database.query<{ emoji: string; name: string }>(
      'SELECT emoji, p.name FROM message_reactions r JOIN chat_profiles p USING (user_id) WHERE message_id = $1',
      [meeting?.id],
    );
    expect(reactions).toEqual([{ emoji: '👍', name: 'Bob Marley' }]);

    await bob.message('The meeting is at ten').getByRole('button', { name: 'You reacted with 👍' }).click();
    await eventually(() =>
      ada
        .message('The meeting is at ten')
        .getByRole('button', { name: /reacted with/ })
        .count(),
    ).toBe(0);
    await eventually(() => stage.database.query('SELECT 1 FROM message_reactions')).toEqual([]);
  });

  it('[R5] two people write a burst at the same time and read one order, the order of SQL', async () => {
    await ada.createTablo('Burst');
    const invitation = await ada.invite();
    await bob.openInvite(invitation);
    const burst = async (person: Person, word: string) => {
      for (let index = 1; index <= 30; index++) await person.say(`${word} ${String(index).padStart(2, '0')}`);
    };
    await Promise.all([burst(ada, 'ping'), burst(bob, 'pong')]);
    const isSettled = async (person: Person) =>
      (await person.messages()).filter(({ status }) => status === 'sent').length;
    await eventually(() => isSettled(ada)).toBe(60);
    await eventually(() => isSettled(bob)).toBe(60);
    const rows = await stage.messages('Burst');
    const ids = rows.map(({ id }) => id);
    expect(await ada.messageIds()).toEqual(ids);
    expect(await bob.messageIds()).toEqual(ids);
    // Nobody's own messages overtake each other.
    for (const word of ['ping', 'pong']) {
      const own = rows.map(({ text }) => text).filter((text) => text.startsWith(word));
      expect(own).toEqual(own.toSorted());
    }
    expect(rows.map(({ seq }) => seq).toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: 60 }, (_, index) => index + 1),
    );
  });
});
