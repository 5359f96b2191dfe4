// What a screen reader says of a message that takes the focus, from Chromium's own accessibility tree.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  stage = await openStage();
  bob = await stage.newPerson('Bob Kahn', { locale: 'en-GB' });
  await bob.createTablo('Spoken');
  ada = await stage.newPerson('Ada Lovelace', { locale: 'en-GB' });
  await ada.openInvite(await bob.invite());
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

/** The names of all messages, in their order, with the time of day as `TIME`. */
async function spokenMessages({ context, page }: Person): Promise<string[]> {
  const session = await context.newCDPSession(page);
  try {
    const { nodes } = await session.send('Accessibility.getFullAXTree');
    return nodes
      .filter((node) => !node.ignored && node.role?.value === 'article')
      .map((node) => String(node.name?.value ?? '').replace(/\b\d{1,2}:\d{2}\b/u, 'TIME'));
  } finally {
    await session.detach();
  }
}

describe('a message', () => {
  it('a message is called by its author, its text, its time and its state', async () => {
    await bob.say('See https://a.example/b, please.');
    await bob.say('And this one is of the same minute.');
    await ada.message('the same minute').waitFor();
    await ada.say('I have seen it.');
    await eventually(() => ada.statusOf('I have seen it.')).toEqual(['sent']);
    await eventually(() => spokenMessages(ada)).toEqual([
      'Bob Kahn See https://a.example/b, please. TIME',
      'Bob Kahn And this one is of the same minute. TIME',
      'You I have seen it. TIME Sent',
    ]);

    await ada.choose('I have seen it.', 'Edit');
    await ada.composer.fill('I have read it.');
    await ada.composer.press('Enter');
    await bob.choose('the same minute', 'Delete');
    await bob.page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await eventually(() => spokenMessages(ada)).toEqual([
      'Bob Kahn See https://a.example/b, please. TIME',
      'Bob Kahn Message deleted TIME',
      'You I have read it. edited TIME Sent',
    ]);
  });

  it('a message stands under the heading of its day', async () => {
    const [heading] = await ada.log.getByRole('heading', { level: 2 }).allTextContents();
    expect(heading).toMatch(/^(?:Today|Yesterday)$/u);
  });

  it('a message says that it waits', async () => {
    stage.expectOutage();
    await ada.goOffline();
    await ada.say('From the tunnel.');
    await eventually(async () => (await spokenMessages(ada)).at(-1)).toBe(
      'You From the tunnel. TIME Waiting to be sent',
    );
    await ada.goOnline();
    await eventually(async () => (await spokenMessages(ada)).at(-1)).toBe('You From the tunnel. TIME Sent');
  });
});
