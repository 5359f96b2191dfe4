/** An import from beginning to end: read, judge, and, if nothing is in the way, store. */
import type { TabloId } from '@tablo/schema/ids';
import { checkTable, readTableFile, type TableRules } from './file/tables.ts';
import { findMissing } from './find-missing.ts';
import type { ImportOptions } from './import-options.ts';
import { mapChannels } from './map-channels.ts';
import type { LeftOut } from './mapping/left-out.ts';
import { type Channel, mapChannel } from './mapping/map-others.ts';
import { People } from './mapping/people.ts';
import { isEmoji } from './mapping/reaction-emoji.ts';
import { asUuid } from './mapping/stream-ids.ts';
import { readExport } from './read-export.ts';
import { type MappedChannel, many, Report, type Stored } from './report.ts';
import { assertWritableReport, writeReport } from './report-file.ts';
import { findStrangers } from './store/pg-host-keys.ts';
import { asHostRule, type ImportSession, openImportSession } from './store/pg-import-session.ts';
import { TabloImport } from './store/pg-portion.ts';
import { PgStaging, type Settled } from './store/pg-staging.ts';

/** Messages a transaction: what a kill takes back, and for how long the tablo's row is held. */
const PORTION = 2_000;

const UUIDS = { parse: asUuid, kind: 'a UUID' };
const USERS: TableRules = { option: '--users', ...UUIDS };
const CHANNELS: TableRules = { option: '--channels', ...UUIDS };
const REACTIONS: TableRules = {
  option: '--reactions',
  parse: (text) => (isEmoji(text) ? text : null),
  kind: 'an emoji of 1 to 16 characters',
};

export interface Outcome {
  readonly report: Report;
  /** What is in the way, as sentences; empty: it is imported, or would be. */
  readonly missing: readonly string[];
}

/** Waited for between two portions. */
type Say = (line: string) => void | Promise<void>;

export async function runImport(url: string, options: ImportOptions, say: Say): Promise<Outcome> {
  if (options.report !== null) await assertWritableReport(options.report, options);
  const session = await openImportSession(url, options);
  try {
    const outcome = await importWithin(session, options, say);
    const { report } = outcome;
    if (options.report !== null) await writeReport(options.report, report.toJson(), report.stored !== null);
    return outcome;
  } finally {
    await session.close();
  }
}

async function importWithin(session: ImportSession, options: ImportOptions, say: Say): Promise<Outcome> {
  const users = await readTable(session, options.users, USERS, ['stream_id', 'user_id']);
  const table = await readTable(session, options.channels, CHANNELS, ['stream_id', 'tablo_id']);
  const emoji = await readTable(session, options.reactions, REACTIONS, ['stream_id', 'emoji']);
  const people = new People(users);
  const staging = new PgStaging(session.client);
  const report = new Report(options.file);
  await staging.open();
  const channels = await readExport(options.file, {
    ...{ people, staging, report, emoji, keepsSystemMessages: options.systemMessages === 'keep' },
    onProgress: (messages) => void say(`Reading: ${many(messages, 'message')}.`),
  });
  const all = await withUnnamed(staging, channels, people);
  report.channels = await mapChannels(session, all, { table, creates: options.unknownChannels === 'create' });
  report.people = [...people.all];
  const settled = await staging.settle(
    report.channels.flatMap(({ cid, tablo, truncatedAt }) =>
      tablo === null ? [] : [{ cid, tablo, truncated_us: truncatedAt }],
    ),
  );
  report.settled = settled;
  report.reactions = await staging.countEmoji();
  noteSettled(report, settled);
  const added = await findAdded(session, report.channels, options);
  const strangers = await session.countStrangers();
  report.strangers = new Map([...strangers].filter(([tablo]) => !added.has(tablo)));
  for (const [tablo, members] of strangers) if (added.has(tablo)) report.newMembers += members;
  report.refused = await findStrangers(session.client, {
    added,
    creators: report.channels.flatMap(({ by, creator }) => (by === 'made' ? (creator?.id ?? []) : [])),
  });
  const missing = findMissing(report, options);
  if (missing.length === 0 && !options.isDryRun) report.stored = await store(session, { report, added, say });
  return { report, missing };
}

async function readTable(
  session: ImportSession,
  given: string | null,
  rules: TableRules,
  columns: readonly [string, string],
): Promise<ReadonlyMap<string, string>> {
  if (given === null) return new Map();
  const name = /^table:(.+)$/.exec(given)?.[1];
  if (name === undefined) return readTableFile(given, rules);
  const rows = await session.readTable(name, columns);
  return checkTable(
    rows.map(([from, to]) => ({ where: `at ${from}`, from, to })),
    given,
    rules,
  );
}

/** Channels of which the file has messages and nothing else. */
async function withUnnamed(
  staging: PgStaging,
  channels: ReadonlyMap<string, Channel>,
  people: People,
): Promise<readonly Channel[]> {
  const cids = (await staging.listChannels()).filter((cid) => !channels.has(cid));
  return [...channels.values(), ...cids.map((cid) => mapChannel({}, cid, people))];
}

function noteSettled(report: Report, settled: Settled): void {
  const kinds = [
    ['message', 'twice', settled.twice],
    ['message', 'truncated', settled.truncated],
    ['message', 'other-channel', settled.otherChannel],
    ['reaction', 'twice', settled.twiceReactions],
    ['reaction', 'no-message', settled.lostReactions],
    ['reaction', 'too-many-reactions', settled.tooManyReactions],
  ] as const satisfies readonly (readonly ['message' | 'reaction', LeftOut, number])[];
  for (const [what, why, count] of kinds) for (let nth = 0; nth < count; nth += 1) report.leaveOut(what, why, null);
}

/** Tablos that get members: those whose host has said nothing of who belongs to them, unless told otherwise. */
async function findAdded(
  session: ImportSession,
  channels: readonly MappedChannel[],
  { members }: ImportOptions,
): Promise<ReadonlySet<string>> {
  const tablos = channels.flatMap(({ tablo }) => tablo ?? []);
  if (members === 'keep') return new Set();
  if (members === 'add') return new Set(tablos);
  const found = await session.findTablos(tablos);
  return new Set(tablos.filter((tablo) => found.get(tablo)?.has_members !== true));
}

interface Storing {
  readonly report: Report;
  readonly added: ReadonlySet<string>;
  readonly say: Say;
}

async function store(session: ImportSession, { report, added, say }: Storing): Promise<Stored> {
  const stored: Stored = { messages: 0, reactions: 0, deletions: 0, edits: 0, positions: 0, members: 0, tablos: 0 };
  await session.namePeople(report.people.filter(({ isNeeded }) => isNeeded));
  const tablos = new Map<string, MappedChannel>();
  for (const channel of report.channels) if (channel.tablo !== null) tablos.set(channel.tablo, channel);
  const fresh = report.settled?.fresh ?? 0;
  for (const [tablo, channel] of tablos) {
    const id = tablo as TabloId;
    const isMade = channel.by === 'made' && (await session.makeTablo(id, channel, channel.name ?? nameless(channel)));
    if (isMade) stored.tablos += 1;
    if (added.has(tablo)) stored.members += await session.addMembers(id, isMade);
    const work = await new TabloImport(session.client, id).open();
    let positions = 0;
    const next = () => asHostRule('messages', () => work.store(PORTION));
    for (let portion = await next(); portion !== null; portion = await next()) {
      stored.messages += portion.messages;
      stored.reactions += portion.reactions;
      stored.deletions += portion.deletions;
      stored.edits += portion.edits;
      // The same ones move on with every portion.
      positions = Math.max(positions, portion.positions);
      await say(`Stored: ${stored.messages.toLocaleString('en')} of ${many(fresh, 'message')}.`);
    }
    stored.positions += positions;
  }
  if (stored.messages > 0) await session.analyze();
  return stored;
}

/** A channel of two people has no name of its own. */
const nameless = ({ cid }: Channel): string =>
  /:!/.test(cid) ? 'Direct messages' : cid.slice(cid.indexOf(':') + 1).slice(0, 200) || 'Channel';
