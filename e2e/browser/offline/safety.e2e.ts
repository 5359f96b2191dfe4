// What people must not get: others' data, others' markup, access that has ended.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
  await ada.createTablo('Secrets');
  bob = await stage.newPersonInProfile('Bob Marley');
  await bob.openInvite(await ada.invite());
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

/** Everything that the page's origin keeps on this device. */
const readDevice = (person: Person): Promise<{ databases: string[]; words: string }> =>
  person.page.evaluate(async () => {
    const names = (await indexedDB.databases()).flatMap(({ name }) => (name === undefined ? [] : [name]));
    const words = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage })];
    for (const name of names) {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      for (const store of database.objectStoreNames) {
        const rows = await new Promise<unknown[]>((resolve, reject) => {
          const request = database.transaction(store).objectStore(store).getAll();
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        words.push(
          JSON.stringify(rows, (_key, value) =>
            value instanceof Uint8Array ? new TextDecoder().decode(value) : value,
          ),
        );
      }
      database.close();
    }
    for (const name of await caches.keys()) {
      for (const { url } of await (await caches.open(name)).keys()) words.push(url);
    }
    return { databases: names, words: words.join('\n') };
  });

describe('markup in what people write', () => {
  const ATTACKS = ['<img src=x onerror=alert(1)>', '<script>alert(2)</script>', '<b>bold</b> [x](javascript:alert(3))'];

  it('[R2] markup in what people write shows as text in messages, previews, names, quotes and titles', async () => {
    let dialogs = 0;
    for (const { page } of [ada, bob]) {
      page.on('dialog', (dialog) => {
        dialogs += 1;
        void dialog.dismiss();
      });
    }
    const eve = await stage.newPerson('<img src=x onerror=alert(4)>');
    await ada.open('Secrets');
    await eve.openInvite(await ada.invite());
    await eve.createTablo('<script>alert(5)</script>');
    await bob.openInvite(await eve.invite());
    await eve.open('Secrets');
    for (const attack of ATTACKS) {
      await eve.say(attack);
      await eventually(() => ada.statusOf(attack)).toEqual(['sent']);
      await eventually(() => bob.describe('Secrets')).toContain(`<img src=x onerror=alert(4)>: ${attack}`);
    }
    await bob.open('<script>alert(5)</script>');
    await bob.open('Secrets');
    await eventually(() => bob.statusOf(...ATTACKS)).toEqual(['sent', 'sent', 'sent']);
    expect(await bob.messages()).toContainEqual(
      expect.objectContaining({ words: expect.stringContaining('<img src=x onerror=alert(4)>') }),
    );
    await bob.choose('<b>bold</b>', 'Reply');
    await bob.say('Quoted');
    await eventually(async () => await ada.message('Quoted').textContent()).toContain('<b>bold</b>');
    await eve.composer.pressSequentially('typing');
    await ada.page.getByText('<img is typing…').waitFor();
    for (const { page } of [ada, bob]) {
      expect(await page.locator('img[src="x"], a[href^="javascript:"], #root script').count()).toBe(0);
      expect(await page.locator('b', { hasText: 'bold' }).count()).toBe(0);
    }
    expect(dialogs).toBe(0);
    await eve.context.close();
  });
});

describe('membership', () => {
  beforeAll(() => stage.expectRefusals());

  it('[R6] a removed member is cut at once and told, and receives nothing more', async () => {
    await ada.open('Secrets');
    const carol = await stage.newPerson('Carol Shaw');
    await carol.openInvite(await ada.invite());
    await carol.say('I can write');
    await eventually(() => ada.statusOf('I can write')).toEqual(['sent']);

    const settings = await ada.openSettings();
    await settings.getByRole('button', { name: 'Remove Carol Shaw' }).click();
    await ada.page
      .getByRole('dialog', { name: 'Remove Carol Shaw?' })
      .getByRole('button', { name: 'Remove', exact: true })
      .click();
    // Within 5 seconds [R6], and a little for the page.
    await eventually(() => carol.tabloLink('Secrets').count(), 7_000).toBe(0);
    await eventually(() => carol.composer.count()).toBe(0);
    await carol.page
      .getByText(/no longer|not a member|removed/i)
      .first()
      .waitFor();
    await ada.closeDialog();
    await ada.say('Now we are alone');
    await eventually(() => bob.statusOf('Now we are alone')).toEqual(['sent']);
    expect(await carol.count('Now we are alone')).toBe(0);
    expect((await readDevice(carol)).words).not.toContain('Now we are alone');
    const members = await ada.openSettings();
    await eventually(() => members.getByText('Carol Shaw').count()).toBe(0);
    await ada.closeDialog();
    await carol.context.close();
  });

  it('[R6] a change by plain SQL takes effect on an open page', async () => {
    const dave = await stage.newPerson('Dave Null');
    await dave.openInvite(await ada.invite());
    await dave.composer.waitFor();
    await stage.database.query(
      `UPDATE tablo_access SET role = 'guest' WHERE user_id = (SELECT user_id FROM chat_profiles WHERE email = $1)`,
      [dave.email],
    );
    await eventually(() => dave.composer.count(), 7_000).toBe(0);
    await stage.database.query(
      `UPDATE tablo_access SET is_active = false WHERE user_id = (SELECT user_id FROM chat_profiles WHERE email = $1)`,
      [dave.email],
    );
    await eventually(() => dave.tabloLink('Secrets').count(), 7_000).toBe(0);
    await dave.context.close();
  });

  it('[R6] a guest reads and cannot write', async () => {
    const gina = await stage.newPerson('Gina Guest');
    await gina.openInvite(await ada.invite('Guest'));
    await eventually(() => gina.statusOf('Now we are alone')).toEqual(['sent']);
    await gina.page.getByText('Guests cannot write').waitFor();
    expect(await gina.composer.count()).toBe(0);
    await gina.message('Now we are alone').hover();
    expect(await gina.message('Now we are alone').getByRole('button', { name: 'React', exact: true }).count()).toBe(0);
    await gina.context.close();
  });
});

describe('signing out', () => {
  it('[R6] signing out deletes what this device holds, in all tabs, and the next person sees none of it', async () => {
    await bob.open('Secrets');
    await bob.say('The treasure is under the oak');
    await eventually(() => ada.statusOf('The treasure is under the oak')).toEqual(['sent']);
    await bob.composer.fill('A draft about the oak');
    await eventually(async () => (await readDevice(bob)).words).toContain('A draft about the oak');
    const before = await readDevice(bob);
    expect(before.words).toContain('The treasure is under the oak');
    expect(before.databases).not.toEqual([]);
    const tab = await bob.anotherTab();
    await tab.open('Secrets');

    await bob.signOut();
    await tab.page.getByLabel('Password', { exact: true }).waitFor();
    await eventually(async () => (await readDevice(bob)).databases).toEqual([]);
    expect((await readDevice(bob)).words).not.toMatch(/the oak|Secrets|Marley/);
    await tab.page.close();

    const eve = await stage.newPersonInProfile('Eve Curious');
    await eve.page.getByText('No tablos yet').waitFor();
    expect((await readDevice(eve)).words).not.toMatch(/the oak|Secrets|Marley/);
    expect(await eve.page.locator('body').textContent()).not.toMatch(/the oak|Secrets|Marley/);
    await eve.signOut();

    // It comes back from the server, not from the device.
    await bob.signIn();
    await bob.open('Secrets');
    await eventually(() => bob.statusOf('The treasure is under the oak')).toEqual(['sent']);
    await eventually(() => bob.composer.inputValue()).toBe('A draft about the oak');
  });
});
