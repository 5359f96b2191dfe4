// Files are not taken yet: whoever drops or pastes one is told so, and neither the page nor what is typed goes away. Text passes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const DRAFT = 'Half a sentence';
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let stage: Stage;
let ada: Person;
let folder: string;
let picture: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tablo-files-'));
  picture = join(folder, 'holiday.png');
  await writeFile(picture, PIXEL);
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
  await ada.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await ada.createTablo('Files');
  await ada.say('Something to drop on');
});
afterEach(() => stage.expectNoProblems());
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});

const sentence = (person: Person) => person.page.getByText('Files cannot be sent here yet');
async function expectAnswer(person: Person): Promise<void> {
  await sentence(person).waitFor();
  await person.page.getByRole('button', { name: 'Dismiss' }).click();
  await sentence(person).waitFor({ state: 'detached' });
}

/** As a script does it: whether the page kept the browser from taking each of the events for itself. */
const dropByScript = (place: Locator): Promise<boolean[]> =>
  place.evaluate((element) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'holiday.png', { type: 'image/png' }));
    return ['dragenter', 'dragover', 'drop'].map((type) => {
      const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer });
      element.dispatchEvent(event);
      return event.defaultPrevented;
    });
  });

/** As a hand does it. */
async function drag(person: Person, place: Locator, what: { text?: string; files?: string[] }): Promise<void> {
  const box = await place.boundingBox();
  const devtools = await person.context.newCDPSession(person.page);
  const data = {
    items: what.text === undefined ? [] : [{ mimeType: 'text/plain', data: what.text }],
    files: what.files ?? [],
    dragOperationsMask: 1,
  };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await devtools.send('Input.dispatchDragEvent', { type, x: (box?.x ?? 0) + 20, y: (box?.y ?? 0) + 12, data });
  await devtools.detach();
}

/** Into the clipboard, and from there to where the focus is. */
async function paste(person: Person, kinds: Record<string, string>): Promise<void> {
  await person.page.evaluate(async (given) => {
    const items = Object.entries(given).map(([type, content]) => {
      const bytes = type.startsWith('image/') ? Uint8Array.from(atob(content), (unit) => unit.charCodeAt(0)) : content;
      return [type, new Blob([bytes], { type })] as const;
    });
    await navigator.clipboard.write([new ClipboardItem(Object.fromEntries(items))]);
  }, kinds);
  await person.page.keyboard.press('Control+v');
}

describe('a dropped file', () => {
  it('[R8] a dropped file is answered with a sentence wherever it is dropped, and leaves the page and the draft alone', async () => {
    await ada.composer.fill(DRAFT);
    const address = ada.page.url();
    const pages = ada.context.pages().length;
    for (const place of [ada.log, ada.message('Something'), ada.composer, ada.tablos, ada.page.locator('body')]) {
      expect(await dropByScript(place)).toEqual([true, true, true]);
      await expectAnswer(ada);
    }
    for (const place of [ada.log, ada.composer, ada.tablos]) {
      await drag(ada, place, { files: [picture] });
      await expectAnswer(ada);
    }
    expect(await ada.composer.inputValue()).toBe(DRAFT);
    expect([ada.page.url(), ada.context.pages().length]).toEqual([address, pages]);
  });

  it('a dropped file is answered in front of a dialog, and on the page where people sign in', async () => {
    const settings = await ada.openSettings();
    expect(await dropByScript(settings)).toEqual([true, true, true]);
    await expectAnswer(ada);
    await ada.closeDialog();
    const stranger = await Person.atNewTab(await stage.newContext(), stage.server.url, ada);
    await stranger.page.goto(stage.server.url);
    await stranger.page.getByLabel('Email', { exact: true }).fill('half@typed');
    await drag(stranger, stranger.page.getByRole('main'), { files: [picture] });
    await expectAnswer(stranger);
    expect(await stranger.page.getByLabel('Email', { exact: true }).inputValue()).toBe('half@typed');
    await stranger.context.close();
  });
});

it('a pasted picture is answered with the same sentence, in the field and outside of it', async () => {
  await ada.composer.fill(DRAFT);
  await ada.composer.focus();
  await paste(ada, { 'image/png': PIXEL.toString('base64') });
  await expectAnswer(ada);
  await ada.log.focus();
  await paste(ada, { 'image/png': PIXEL.toString('base64') });
  await expectAnswer(ada);
  expect(await ada.composer.inputValue()).toBe(DRAFT);
});

describe('text', () => {
  it('text is taken where it is dropped, also when a picture of it comes along', async () => {
    for (const what of [{ text: 'dropped' }, { text: 'dropped with a picture', files: [picture] }]) {
      await ada.composer.fill('');
      await drag(ada, ada.composer, what);
      await eventually(() => ada.composer.inputValue()).toBe(what.text);
    }
    expect(await sentence(ada).count()).toBe(0);
  });

  it('text is taken where it is pasted, also when a picture of it comes along', async () => {
    for (const kinds of [
      { 'text/plain': 'pasted' },
      { 'text/plain': 'from a word processor', 'image/png': PIXEL.toString('base64') },
    ]) {
      await ada.composer.fill('');
      await ada.composer.focus();
      await paste(ada, kinds);
      await eventually(() => ada.composer.inputValue()).toBe(kinds['text/plain']);
    }
    expect(await sentence(ada).count()).toBe(0);
    await ada.composer.fill('');
  });
});
