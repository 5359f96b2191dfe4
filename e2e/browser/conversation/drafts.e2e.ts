// What is typed and not sent: on the other device, in another tablo, after a reload, a crash, and the end of a session. And as a file.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let ada: Person;
let bob: Person;
let userDataDir: string;

beforeAll(async () => {
  userDataDir = await mkdtemp(join(tmpdir(), 'tablo-profile-'));
  stage = await openStage({ userDataDir });
  stage.expectOutage();
  ada = await stage.newPersonInProfile('Ada Lovelace');
  await ada.createTablo('Kitchen');
  await ada.createTablo('Garden');
  // Chromium writes a new cookie to its disk when it closes, or half a minute later.
  await stage.restartBrowser(userDataDir, 'close');
  ada = await returnOf(ada);
  await ada.open('Kitchen');
  bob = await stage.newPerson('Bob Marley');
  await bob.openInvite(await ada.invite());
});
afterEach(() => stage.expectNoProblems());
afterAll(async () => {
  await stage?.close();
  await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
});

const returnOf = async (person: Person): Promise<Person> => {
  const again = await Person.atNewTab(stage.profile, stage.server.url, person);
  await again.page.goto(stage.server.url);
  return again;
};
const draft = (person: Person) => eventually(() => person.composer.inputValue());
/** As the server has it. */
const stored = (tablo: string, person: Person) =>
  eventually(async () => {
    const rows = await stage.database.query<{ text: string }>(
      `SELECT d.text FROM channel_drafts d JOIN tablos t ON t.id = channel_id JOIN chat_profiles p USING (user_id)
       WHERE t.name = $1 AND p.email = $2`,
      [tablo, person.email],
    );
    return rows[0]?.text ?? null;
  });
/** On this device's disk. */
const onDisk = (person: Person, text: string) =>
  eventually(() =>
    person.page.evaluate(async (wanted) => {
      const names = (await indexedDB.databases()).flatMap(({ name }) =>
        name?.startsWith('tablo-chat:') ? [name] : [],
      );
      const found = names.map(
        (name) =>
          new Promise<boolean>((resolve, reject) => {
            const opening = indexedDB.open(name);
            opening.onerror = () => reject(opening.error);
            opening.onsuccess = () => {
              const reading = opening.result.transaction('drafts').objectStore('drafts').getAll();
              reading.onerror = () => reject(reading.error);
              reading.onsuccess = () => {
                opening.result.close();
                resolve(reading.result.some((row: { text: string }) => row.text === wanted));
              };
            };
          }),
      );
      return (await Promise.all(found)).includes(true);
    }, text),
  ).toBe(true);
const menu = async (person: Person, item: string) => {
  await person.page.getByRole('button', { name: 'Account and settings' }).click();
  return person.page.getByRole('menu', { name: 'Account' }).getByRole('menuitem', { name: item, exact: true });
};
async function savedBy(person: Person, act: () => Promise<void>): Promise<{ name: string; text: string }> {
  const downloading = person.page.waitForEvent('download');
  await act();
  const download = await downloading;
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

describe('a draft', () => {
  it('[R7] a draft is there on a second device, goes on there, and is gone everywhere when it is sent', async () => {
    await bob.open('Kitchen');
    const phone = await stage.secondDevice(bob);
    await phone.open('Kitchen');
    await bob.composer.fill('Shall we have s');
    await draft(phone).toBe('Shall we have s');
    await phone.composer.fill('Shall we have soup?');
    // Bob has stopped typing at the desk, where the field still has the focus.
    await draft(bob).toBe('Shall we have soup?');
    await phone.say('Shall we have soup?');
    await eventually(() => bob.statusOf('Shall we have soup?')).toEqual(['sent']);
    await draft(bob).toBe('');
    await draft(phone).toBe('');
    await stored('Kitchen', bob).toBe('');
    await draft(ada).toBe('');
    await phone.context.close();
  });

  it('[R8] a draft is not replaced under the fingers', async () => {
    const phone = await stage.secondDevice(bob);
    await phone.open('Kitchen');
    await phone.composer.fill('From the phone');
    await stored('Kitchen', bob).toBe('From the phone');
    await draft(bob).toBe('From the phone');
    await bob.composer.fill('');
    await bob.composer.pressSequentially('At the desk', { delay: 20 });
    await phone.composer.fill('From the phone again');
    await bob.composer.pressSequentially(' I type', { delay: 20 });
    expect(await bob.composer.inputValue()).toBe('At the desk I type');
    await stored('Kitchen', bob).toBe('At the desk I type');
    await draft(phone).toBe('At the desk I type');
    await bob.composer.fill('');
    await stored('Kitchen', bob).toBe('');
    await phone.context.close();
  });

  it('[R7] a draft is told on the way out of a page that is closed in mid-sentence', async () => {
    await eventually(() => bob.status()).toBe('Online');
    await bob.composer.fill('Must run, I will');
    await bob.page.goto('about:blank');
    await stored('Kitchen', bob).toBe('Must run, I will');
    await bob.page.goto(stage.server.url);
    await bob.open('Kitchen');
    await draft(bob).toBe('Must run, I will');
  });

  it('[R7] a draft of each tablo survives switching, a reload and a killed browser with no network, and is told later', async () => {
    await ada.open('Kitchen');
    await ada.goOffline();
    await ada.composer.fill('Into the pot');
    await ada.open('Garden');
    await draft(ada).toBe('');
    await ada.composer.fill('Under the oak');
    await ada.open('Kitchen');
    await draft(ada).toBe('Into the pot');
    await ada.waitForServiceWorker();
    await ada.page.reload();
    await draft(ada).toBe('Into the pot');
    await ada.open('Garden');
    await draft(ada).toBe('Under the oak');
    await ada.composer.pressSequentially(', in spring');
    await onDisk(ada, 'Under the oak, in spring');
    await stage.restartBrowser(userDataDir, 'kill');
    ada = await returnOf(ada);
    await ada.open('Garden');
    await draft(ada).toBe('Under the oak, in spring');
    await stored('Garden', ada).toBe('Under the oak, in spring');
    await stored('Kitchen', ada).toBe('Into the pot');
  });

  it('[R7] a draft survives the end of the session', async () => {
    await ada.open('Garden');
    await ada.context.clearCookies();
    await ada.composer.fill('Typed after the session ended');
    await onDisk(ada, 'Typed after the session ended');
    stage.expectUnauthenticated();
    await ada.page.reload();
    await ada.page.getByText('Your session has ended').waitFor();
    await ada.open('Garden');
    await draft(ada).toBe('Typed after the session ended');
    await ada.page.getByRole('button', { name: 'Sign in', exact: true }).click();
    const dialog = ada.page.getByRole('dialog');
    await dialog.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
    await dialog.getByRole('button', { name: 'Sign in', exact: true }).click();
    await stored('Garden', ada).toBe('Typed after the session ended');
    await draft(ada).toBe('Typed after the session ended');
  });
});

describe('what a draft is aimed at', () => {
  let erin: Person;
  const button = (name: string) => erin.page.getByRole('button', { name, exact: true });
  /** What the bar above the field says. */
  const aimed = () =>
    eventually(async () => (await erin.page.locator('.composer-context-words').allTextContents()).join(''));
  const marks = (tablo: string) => eventually(() => erin.describe(tablo));

  beforeAll(async () => {
    erin = await stage.newPerson('Erin Brown');
    await erin.createTablo('Shed');
    await erin.createTablo('Attic');
    await erin.open('Attic');
    for (const text of ['Where is the saw?', 'I ment the axe', 'Never mind']) await erin.say(text);
    await erin.log.locator('[data-status="sent"]').nth(2).waitFor();
  });
  afterAll(() => erin?.context.close());

  it('[R8] a text over the limit stays whole in another tablo, over a reload, in a second tab and with no network, until it is short enough', async () => {
    const long = `The whole story: ${'and then '.repeat(1_000)}the end`;
    await erin.open('Shed');
    await erin.composer.fill(long);
    await erin.page.getByText(`${long.length.toLocaleString('en')} / 8,000`).waitFor();
    await button('Send').click();
    await erin.page.getByText(/^That is 1,0\d\d characters too long/u).waitFor();
    await draft(erin).toBe(long);
    await erin.open('Attic');
    await draft(erin).toBe('');
    await erin.open('Shed');
    await draft(erin).toBe(long);
    await erin.page.reload();
    await draft(erin).toBe(long);
    await erin.context.setOffline(true);
    await erin.page.reload();
    await draft(erin).toBe(long);
    await erin.context.setOffline(false);
    const tab = await erin.anotherTab();
    await tab.open('Shed');
    await draft(tab).toBe(long);
    await tab.page.close();
    const short = long.slice(0, 8_000).trim();
    await erin.composer.fill(short);
    await button('Send').click();
    await eventually(() => erin.statusOf(short)).toEqual(['sent']);
    await draft(erin).toBe('');
    await erin.open('Attic');
  });

  it('[R8] an edit under way survives another tablo and a reload, and the draft of the tablo comes back after it', async () => {
    await erin.composer.fill('An ordinary draft');
    await erin.choose('I ment the axe', 'Edit');
    await draft(erin).toBe('I ment the axe');
    await erin.composer.fill('I meant the axe');
    await erin.open('Shed');
    await draft(erin).toBe('');
    await marks('Attic').toBe('Draft. You: Never mind');
    await erin.open('Attic');
    await draft(erin).toBe('I meant the axe');
    await aimed().toBe('EditingI ment the axe');
    await erin.page.reload();
    await draft(erin).toBe('I meant the axe');
    await aimed().toBe('EditingI ment the axe');
    await button('Send').click();
    await eventually(() => erin.statusOf('I meant the axe')).toEqual(['sent']);
    await draft(erin).toBe('An ordinary draft');
    await aimed().toBe('');
    await eventually(() => stage.texts('Attic')).toEqual(['Where is the saw?', 'I meant the axe', 'Never mind']);
    await erin.composer.fill('');
  });

  it('[R8] a reply keeps what it answers over another tablo and a reload, and is sent as one', async () => {
    await erin.choose('Where is the saw?', 'Reply');
    await erin.composer.fill('Behind the door');
    await erin.open('Shed');
    await erin.open('Attic');
    await draft(erin).toBe('Behind the door');
    await aimed().toBe('Replying to yourselfWhere is the saw?');
    await erin.page.reload();
    await draft(erin).toBe('Behind the door');
    await aimed().toBe('Replying to yourselfWhere is the saw?');
    await button('Send').click();
    await eventually(() => erin.statusOf('Behind the door')).toEqual(['sent']);
    await aimed().toBe('');
    const rows = await stage.messages('Attic');
    expect(rows.find(({ text }) => text === 'Behind the door')?.reply_to).toBe(rows[0]?.id);
  });

  it('[R8] both are there in a second tab', async () => {
    await erin.choose('Never mind', 'Edit');
    await erin.composer.fill('Never mind, found it');
    const tab = await erin.anotherTab();
    await tab.open('Attic');
    await draft(tab).toBe('Never mind, found it');
    await tab.page.getByRole('button', { name: 'Send', exact: true }).click();
    await eventually(() => erin.statusOf('Never mind, found it')).toEqual(['sent']);
    await draft(erin).toBe('');
    await aimed().toBe('');
    await tab.page.close();
  });

  it('[R8] Escape on a changed edit can be undone, and on an unchanged one says nothing', async () => {
    await erin.choose('Never mind', 'Edit');
    await erin.composer.press('Escape');
    await draft(erin).toBe('');
    expect(await erin.page.locator('.toast').count()).toBe(0);
    await erin.choose('Never mind', 'Edit');
    await erin.composer.fill('Changed my mind');
    await erin.composer.press('Escape');
    await draft(erin).toBe('');
    await button('Undo').click();
    await draft(erin).toBe('Changed my mind');
    await aimed().toBe('EditingNever mind, found it');
    // Another message's edit takes its place, and can be taken back as well.
    await erin.choose('Behind the door', 'Edit');
    await draft(erin).toBe('Behind the door');
    await button('Undo').click();
    await draft(erin).toBe('Changed my mind');
  });

  it('[R8] Escape on a reply that is being written can be undone; the text stays in any case', async () => {
    await erin.composer.press('Escape');
    await button('Dismiss').click();
    await erin.choose('Where is the saw?', 'Reply');
    await erin.composer.fill('Under the bench');
    await erin.composer.press('Escape');
    await aimed().toBe('');
    await draft(erin).toBe('Under the bench');
    await button('Undo').click();
    await aimed().toBe('Replying to yourselfWhere is the saw?');
    await erin.composer.fill('');
    await erin.composer.press('Escape');
    await erin.choose('Never mind', 'Edit');
    await erin.composer.fill('Changed my mind');
  });

  it('[R8] an edit keeps its text when its message is deleted meanwhile, and says so', async () => {
    const phone = await stage.secondDevice(erin);
    await phone.open('Attic');
    await phone.choose('Never mind', 'Delete');
    await phone.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await aimed().toBe('The message you were editing was deleted. Your text is kept as a draft of a new message.');
    await draft(erin).toBe('Changed my mind');
    // Whoever saved an edit has not decided to write to everybody.
    await button('Send').click();
    await erin.page.getByText('This message has been deleted. What you typed is kept').waitFor();
    await aimed().toBe('');
    expect(await erin.count('Changed my mind')).toBe(0);
    await draft(erin).toBe('Changed my mind');
    await button('Send').click();
    await eventually(() => erin.statusOf('Changed my mind')).toEqual(['sent']);
    await aimed().toBe('');
    await draft(erin).toBe('');

    await erin.choose('Where is the saw?', 'Reply');
    await erin.composer.fill('On the wall');
    await phone.choose('Where is the saw?', 'Delete');
    await phone.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await aimed().toBe('Replying to yourselfMessage deleted. Your text is kept.');
    await draft(erin).toBe('On the wall');
    await button('Send').click();
    await eventually(() => erin.statusOf('On the wall')).toEqual(['sent']);
    await phone.context.close();
  });
});

describe('what is not delivered', () => {
  it('[R8] what is not delivered is saved as a readable file from the account menu, where it is offered only when there is something', async () => {
    const carol = await stage.newPerson('Carol Shaw');
    await carol.createTablo('Train');
    await carol.say('Delivered');
    await eventually(() => carol.statusOf('Delivered')).toEqual(['sent']);
    const items = async () => {
      // The menu is a script of its own: it may come a moment after the click.
      await (await menu(carol, 'Sign out')).waitFor();
      return carol.page.getByRole('menu', { name: 'Account' }).getByRole('menuitem').allTextContents();
    };
    expect(await items()).toEqual(['Keyboard shortcuts', 'Sign out']);
    await carol.page.keyboard.press('Escape');
    await carol.goOffline();
    await carol.say('In the tunnel,\nline two 😀');
    await eventually(() => carol.statusOf('line two')).toEqual(['pending']);
    await carol.composer.fill('and half a thou');
    const save = await menu(carol, 'Save unsent messages');
    await save.waitFor();
    const { name, text } = await savedBy(carol, () => save.click());
    expect(name).toMatch(/^tablo-unsent-\d{4}-\d\d-\d\d\.txt$/);
    expect(text).toContain('Unsent messages of Carol Shaw');
    expect(text).toContain('\nTrain\n');
    expect(text).toContain('Waiting to be sent.\n\nIn the tunnel,\nline two 😀\n');
    expect(text).toContain('On this device only.\n\nand half a thou\n');
    expect(text).not.toContain('Delivered');

    await (await menu(carol, 'Sign out')).click();
    const dialog = carol.page.getByRole('dialog', { name: 'Sign out and lose them?' });
    await dialog
      .getByText('One message or change is not delivered yet, and one draft is on this device only.')
      .waitFor();
    const copy = await savedBy(carol, () => dialog.getByRole('button', { name: 'Save a copy' }).click());
    expect(copy.text).toContain('line two 😀');
    await dialog.getByRole('button', { name: 'Sign out anyway' }).click();
    await carol.page.getByLabel('Password', { exact: true }).waitFor();
    await carol.context.close();
  });

  it('[R8] what is not delivered is offered where the browser stores nothing', async () => {
    const dan = await stage.newPerson('Dan Dare');
    await dan.createTablo('Private mode');
    await dan.page.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('refused', 'SecurityError');
      };
    });
    await dan.page.reload();
    await dan.page.getByText('does not let the app store anything').waitFor();
    await dan.composer.waitFor();
    await dan.goOffline();
    await dan.say('Only here');
    await eventually(() => dan.statusOf('Only here')).toEqual(['pending']);
    const { text } = await savedBy(dan, () => dan.page.getByRole('button', { name: 'Save a copy' }).click());
    expect(text).toContain('Waiting to be sent.\n\nOnly here\n');
    await dan.context.close();
  });
});
