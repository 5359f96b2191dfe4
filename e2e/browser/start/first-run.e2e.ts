// The first minutes, and addresses that lead nowhere: always something true to read, and a way on.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const PHONE = { viewport: { width: 360, height: 740 } };

let stage: Stage;
let ada: Person;

beforeAll(async () => {
  stage = await openStage();
  // Whoever asks for what is not theirs is refused, and the browser logs it.
  stage.expectRefusals();
  stage.expectMissing();
  stage.expectOutage();
  ada = await stage.newPerson('Ada Lovelace');
  await ada.context.grantPermissions(['clipboard-read', 'clipboard-write']);
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

const button = (person: Person, name: string) => person.page.getByRole('button', { name, exact: true });
const goTo = (person: Person, path: string) => person.page.goto(new URL(path, stage.server.url).href);

/** One heading, one sentence, one way on; nothing of a conversation. */
async function expectDeadEnd(person: Person, heading: string | RegExp, sentence: RegExp): Promise<void> {
  await person.page.getByRole('heading', { name: heading, level: 1 }).waitFor();
  await person.page.getByText(sentence).waitFor();
  await button(person, 'To your tablos').waitFor();
  for (const gone of [person.composer, person.log, button(person, 'Try again'), person.page.getByText('quiet here')])
    expect(await gone.count()).toBe(0);
  const initials = person.page.locator('.avatar-initials');
  expect(await initials.evaluateAll((all) => all.map((one) => one.getAttribute('data-initials')))).not.toContain('?');
}

describe('a new account', () => {
  it.each([
    ['desk', {}],
    ['phone', PHONE],
  ])('a new account is told the first step, and what an invitation link does (%s)', async (_, options) => {
    const fresh = await stage.newPerson('Fresh Start', options);
    await fresh.page.getByText('Open the invitation link in this browser').waitFor();
    expect(await button(fresh, 'New tablo').count()).toBe(1);
    await button(fresh, 'Start a tablo').click();
    await fresh.page.getByRole('dialog', { name: 'Start a tablo' }).waitFor();
    await fresh.context.close();
  });

  it('a new account offers people and a link in the empty tablo and beside its name; others get a sentence that is true for them', async () => {
    await ada.createTablo('Website launch');
    await ada.log.getByText('It is quiet here').waitFor();
    await ada.log.getByRole('button', { name: 'Invite people' }).click();
    await ada.page.getByRole('dialog', { name: 'Invite people' }).waitFor();
    await ada.page.keyboard.press('Escape');
    await ada.page.getByRole('dialog').waitFor({ state: 'detached' });
    await eventually(() => ada.focused()).toBe('button Invite people');
    await ada.page.locator('.conversation-top').getByRole('button', { name: 'Invite people' }).click();
    await ada.page.getByRole('dialog', { name: 'Invite people' }).waitFor();
    await ada.closeDialog();
    await ada.log.getByRole('button', { name: 'Copy link' }).click();
    const field = ada.log.getByRole('textbox', { name: 'Invite link' });
    await ada.log.getByText('Copied. Whoever has this link can join as a member until').waitFor();
    const link = await field.inputValue();
    expect(await ada.page.evaluate(() => navigator.clipboard.readText())).toBe(link);

    const bob = await stage.newPerson('Bob Kahn');
    await bob.openInvite(link);
    await bob.log.getByText('Write the first message. Whoever joins later can read it too.').waitFor();
    const guest = await stage.newPerson('Grace Guest');
    await guest.openInvite(await ada.invite('Guest'));
    await guest.log.getByText('As a guest you can read here, not write.').waitFor();
    for (const person of [bob, guest])
      for (const name of ['Invite people', 'Copy link']) expect(await button(person, name).count()).toBe(0);
    for (const person of [bob, guest]) await person.context.close();
  });
});

describe('an invitation link', () => {
  it('[R6] an invitation link says the server to whoever is not signed in yet, and asks after that', async () => {
    await ada.open('Website launch');
    const link = await ada.invite();
    const late = await Person.atNewTab(await stage.newContext(), stage.server.url, {
      name: 'Late Comer',
      email: `late.${crypto.randomUUID()}@example.org`,
    });
    await late.page.goto(link);
    await late.page.getByText(`You were invited to a tablo on the server ${new URL(link).host}`).waitFor();
    await late.page.getByLabel('Name', { exact: true }).fill(late.name);
    await late.page.getByLabel('Email', { exact: true }).fill(late.email);
    await late.page.getByLabel('Password', { exact: true }).fill('correct horse battery staple');
    await button(late, 'Create account').click();
    await late.page.getByRole('heading', { name: 'Join Website launch?' }).waitFor();
    await button(late, 'Accept').click();
    await late.composer.waitFor();
    await late.context.close();
  });

  it('an invitation link takes a member to the tablo, without asking', async () => {
    await ada.open('Website launch');
    const link = await ada.invite();
    await ada.page.goto(link);
    await ada.page.getByRole('heading', { name: 'Website launch', exact: true }).waitFor();
    await ada.composer.waitFor();
    expect(new URL(ada.page.url()).pathname).toBe(`/t/${await stage.tabloId('Website launch')}`);
  });

  it('an invitation link that leads nowhere says so and offers the way to the tablos; only a network in trouble may be tried again', async () => {
    for (const code of ['nonsense', 'a%2Fb', '%E2%80%AE']) {
      await goTo(ada, `/invite/${code}`);
      await expectDeadEnd(ada, 'This invitation has ended', /expired, was used up or revoked/);
    }
    await button(ada, 'To your tablos').click();
    await ada.tablos.waitFor();
    const device = await stage.secondDevice(ada, { serviceWorkers: 'block' });
    await device.page.route('**/chat/invites/*', (route) => route.fulfill({ status: 503, body: '' }));
    await goTo(device, '/invite/any');
    await device.page.getByRole('heading', { name: 'The invitation could not be opened' }).waitFor();
    await device.page.unroute('**/chat/invites/*');
    await button(device, 'Try again').click();
    await expectDeadEnd(device, 'This invitation has ended', /expired, was used up or revoked/);
    await button(device, 'To your tablos').click();
    await device.tablos.waitFor();
    await device.context.close();
  });
});

describe('an address that leads nowhere', () => {
  it.each([
    ['desk', {}],
    ['phone', PHONE],
  ])(
    '[R6] is one clear screen, the same for what does not exist and for what is of others (%s)',
    async (_, options) => {
      const eve = await stage.newPerson('Eve Curious', options);
      const foreign = await stage.tabloId('Website launch');
      for (const id of [crypto.randomUUID(), foreign]) {
        await goTo(eve, `/t/${id}`);
        await expectDeadEnd(eve, 'You cannot open this tablo', /does not exist, or you are not a member/);
      }
      for (const path of ['/anything', '/t/0197', `/t/${foreign.toUpperCase()}`, '/some/where/else']) {
        await goTo(eve, path);
        await expectDeadEnd(eve, 'There is nothing here', /does not lead to anything/);
      }
      await button(eve, 'To your tablos').click();
      await eve.page.getByText('No tablos yet').waitFor();
      expect(new URL(eve.page.url()).pathname).toBe('/');
      await eve.context.close();
    },
  );

  it('[R8] an address that leads nowhere is also what a member sees who is removed while writing, with the text to take along', async () => {
    const carol = await stage.newPerson('Carol Shaw');
    await ada.open('Website launch');
    await carol.openInvite(await ada.invite());
    await carol.composer.fill('Three sentences that I was about to send.');
    const id = await carol.page.evaluate(
      () => JSON.parse(localStorage.getItem('tablo.user') ?? '{}').user.id as string,
    );
    await stage.database.query('UPDATE tablo_access SET is_active = false WHERE user_id = $1', [id]);
    await expectDeadEnd(carol, 'You can no longer open Website launch', /not a member of it any more/);
    expect(await carol.page.getByRole('textbox', { name: 'Your unsent draft' }).inputValue()).toBe(
      'Three sentences that I was about to send.',
    );
    await carol.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await button(carol, 'Copy text').click();
    await eventually(() => carol.page.evaluate(() => navigator.clipboard.readText())).toContain('Three sentences');
    await button(carol, 'To your tablos').click();
    // It stays in the list for as long, or nobody would find it again.
    await eventually(() => carol.describe('Website launch')).toContain('Draft.');
    await carol.tabloLink('Website launch').click();
    await button(carol, 'Discard').click();
    await button(carol, 'To your tablos').click();
    await carol.page.getByText('No tablos yet').waitFor();
    await carol.context.close();
  });
});

it('no “?” stands in the place of a name that is on its way', async () => {
  const device = await stage.secondDevice(ada, { serviceWorkers: 'block' });
  const { page } = device;
  await page.addInitScript(() => {
    const seen = new Set<string>();
    Object.assign(window, { seenInitials: seen });
    new MutationObserver(() => {
      for (const initials of document.querySelectorAll('.avatar-initials'))
        seen.add(initials.getAttribute('data-initials') ?? '');
    }).observe(document, { childList: true, subtree: true, attributes: true });
  });
  // Signed in, and nothing of it is here yet.
  await page.goto(new URL('/healthz', stage.server.url).href);
  await page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) if (name !== undefined) indexedDB.deleteDatabase(name);
  });
  await page.route(/\/chat\/channels$/, async (route) => {
    await page.locator('.conversation-top .name-skeleton').waitFor();
    await route.continue();
  });
  await goTo(device, `/t/${await stage.tabloId('Website launch')}`);
  await page.getByRole('heading', { name: 'Website launch', exact: true }).waitFor();
  const seen = await page.evaluate(() => [...(window as unknown as { seenInitials: Set<string> }).seenInitials]);
  expect(seen).toContain('WL');
  expect(seen).not.toContain('?');
  await device.context.close();
});
