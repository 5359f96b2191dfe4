// The page as it opens, on a phone and on a desk: one pane or two, nothing wider than the screen, no complaint of the browser.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

const overflow = (person: Person) =>
  person.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe('the page', () => {
  it('[R7] the page opens with no fault and no breach of the content security policy, also from the service worker', async () => {
    const context = await stage.newPerson('Ada Lovelace');
    await context.waitForServiceWorker();
    await context.page.reload();
    await context.tablos.waitFor();
    await eventually(() => context.page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
    await eventually(() => context.status()).toBe('Online');
    stage.expectNoProblems();
    await context.context.close();
  });

  it('the page on a phone goes from the list to a conversation and back, never wider than 360 pixels', async () => {
    const viewport = { width: 360, height: 740 };
    const ada = await stage.newPerson('Ada Lovelace', { viewport, hasTouch: true, isMobile: true });
    expect(await overflow(ada)).toBe(0);
    await ada.createTablo('Pocket with a rather long name that does not fit on any phone at all');
    expect(await ada.tablos.count()).toBe(0);
    await ada.say(
      'https://example.org/a-very-long-address-without-any-place-to-break-it-so-that-it-would-widen-the-page',
    );
    await ada.say(`${'W'.repeat(300)} and words`);
    await eventually(() => ada.statusOf('and words')).toEqual(['sent']);
    expect(await overflow(ada)).toBe(0);
    await eventually(() => ada.status()).toBe('Online');

    const settings = await ada.openSettings();
    await settings.getByRole('button', { name: 'Create invite link' }).click();
    await settings.getByRole('textbox', { name: 'Invite link' }).waitFor();
    expect(await overflow(ada)).toBe(0);
    const box = await settings.boundingBox();
    expect((box?.x ?? -1) >= 0 && (box?.x ?? 0) + (box?.width ?? 1_000) <= 360).toBe(true);
    await ada.closeDialog();

    await ada.page.getByRole('button', { name: 'Back to all tablos' }).click();
    await ada.tablos.waitFor();
    expect(await ada.log.count()).toBe(0);
    expect(await overflow(ada)).toBe(0);
    await eventually(() => ada.status()).toBe('Online');
    await ada.open('Pocket with a rather long name that does not fit on any phone at all');
    await eventually(() => ada.statusOf('and words')).toEqual(['sent']);
    await ada.page.goBack();
    await ada.tablos.waitFor();
    await ada.context.close();
  });
});
