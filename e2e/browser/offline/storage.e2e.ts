// PostgreSQL answers and cannot store: people are told, keep what they write, and need not do anything.
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Person } from '../../support/person.ts';
import { eventually, openStage, type Stage } from '../../support/stage.ts';

const AWAY = 'The server cannot store messages right now. Yours are kept here and will be sent.';

let stage: Stage;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  stage = await openStage();
  ada = await stage.newPerson('Ada Lovelace');
  await ada.createTablo('Kitchen');
  bob = await stage.newPerson('Bob Marley');
  await bob.openInvite(await ada.invite());
});
afterEach(() => stage.expectNoProblems());
afterAll(() => stage?.close());

const isTold = ({ page }: Person): Promise<boolean> => page.getByText(AWAY).isVisible();
const isOnline = ({ page }: Person): Promise<boolean> => page.getByRole('status').getByText('Online').isVisible();

it('[R11] a full disk shows as a strip to everybody, online all the same, and goes by itself', async () => {
  expect(await isTold(ada)).toBe(false);
  await stage.database.query(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`);
  await stage.database.query(
    'CREATE TRIGGER full_disk BEFORE INSERT ON tablo_updates FOR EACH STATEMENT EXECUTE FUNCTION full_disk()',
  );
  await ada.say('while the disk is full');
  for (const person of [ada, bob]) {
    await eventually(() => isTold(person)).toBe(true);
    expect(await isOnline(person)).toBe(true);
  }
  expect(await ada.statusOf('while the disk is full')).toEqual(['pending']);
  const late = await bob.anotherTab();
  await eventually(() => isTold(late)).toBe(true);
  await late.page.close();
  await stage.database.query('DROP TRIGGER full_disk ON tablo_updates');
  await eventually(() => ada.statusOf('while the disk is full')).toEqual(['sent']);
  for (const person of [ada, bob]) await eventually(() => isTold(person)).toBe(false);
  await eventually(() => bob.statusOf('while the disk is full')).toEqual(['sent']);
});
