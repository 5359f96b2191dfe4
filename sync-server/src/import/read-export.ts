/** The whole file, once: what it says of people and channels stays in memory, the rest goes into the temporary tables as it comes. */
import { readPieces } from './file/export-pieces.ts';
import { ImportError } from './file/import-error.ts';
import type { JsonObject } from './file/piece-builder.ts';
import { asId, asList, asObject, asText } from './file/read-value.ts';
import { RecordReader, type StreamRecord } from './file/stream-records.ts';
import { mapMessage } from './mapping/map-message.ts';
import { type Channel, mapChannel, mapMember, mapReaction, mapRead } from './mapping/map-others.ts';
import type { People } from './mapping/people.ts';
import { countIn, type Report } from './report.ts';
import type { PgStaging } from './store/pg-staging.ts';

export interface Reading {
  readonly people: People;
  readonly staging: PgStaging;
  readonly report: Report;
  readonly emoji: ReadonlyMap<string, string>;
  readonly keepsSystemMessages: boolean;
  readonly onProgress: (messages: number) => void;
}

const EVERY = 20_000;

/** By cid. Throws an `ImportError` where it is no export. */
export async function readExport(path: string, reading: Reading): Promise<ReadonlyMap<string, Channel>> {
  const channels = new Map<string, Channel>();
  const take = new Taking(reading, channels);
  const reader = new RecordReader();
  for await (const piece of readPieces(path)) {
    for (const record of reader.read(piece)) {
      if (record.kind === 'unknown') reading.report.noteUnknown(record.looks);
      else await take.record(record);
    }
  }
  await reading.staging.flush();
  const { message, channel, member, user } = reading.report.read;
  if (message + channel + member + user === 0)
    throw new ImportError(
      `${path} is not an export of Stream Chat: no channel and no message was found in it. ${describeUnknown(reading.report)}`,
    );
  return channels;
}

const describeUnknown = ({ notUnderstood }: Report): string => {
  const [looks] = notUnderstood.keys();
  return looks === undefined ? 'It is empty.' : `What is there has: ${looks}.`;
};

/** Where a reaction stands: within a message, or by itself. */
interface Source {
  readonly cid: string | null;
  readonly streamId: string | null;
  readonly version: number | null;
}

class Taking {
  readonly #reading: Reading;
  readonly #channels: Map<string, Channel>;

  constructor(reading: Reading, channels: Map<string, Channel>) {
    this.#reading = reading;
    this.#channels = channels;
  }

  async record({ kind, cid, value }: StreamRecord): Promise<void> {
    const { report, people } = this.#reading;
    report.read[kind] += 1;
    switch (kind) {
      case 'user':
        people.meet(value);
        return;
      case 'channel':
        return await this.#channel(cid, value);
      case 'member':
        return await this.#member(cid, value);
      case 'message':
        return await this.#message(cid, value);
      case 'reaction':
        report.read.reaction -= 1;
        return await this.#reaction(value, { cid, streamId: null, version: null });
      case 'read':
        return await this.#read(cid, value);
    }
  }

  async #channel(cid: string | null, value: JsonObject): Promise<void> {
    const { report, people } = this.#reading;
    if (cid === null) return report.leaveOut('channel', 'no-id', null);
    this.#channels.set(cid, mapChannel(value, cid, people));
    // In answers of some calls they stand within the channel.
    for (const one of asList(value['members'])) {
      const member = asObject(one);
      if (member !== null) await this.record({ kind: 'member', cid, value: member });
    }
  }

  async #member(cid: string | null, value: JsonObject): Promise<void> {
    const { report, people, staging } = this.#reading;
    const row = mapMember(value, cid, people);
    if (typeof row === 'string') return report.leaveOut('member', row, asId(value['user_id']));
    if (row.isHidden) report.hiddenFromMembers += 1;
    await staging.add('members', [row]);
    // Stream's own format of imports has it here.
    if (value['last_read'] !== undefined) await this.record({ kind: 'read', cid, value });
  }

  async #read(cid: string | null, value: JsonObject): Promise<void> {
    const { report, people, staging } = this.#reading;
    const row = mapRead(value, cid, people);
    if (typeof row === 'string') return report.leaveOut('read', row, asId(value['user_id']) ?? asId(value['user']));
    await staging.add('reads', [row]);
  }

  async #message(cid: string | null, value: JsonObject): Promise<void> {
    const { report, people, staging, keepsSystemMessages, onProgress } = this.#reading;
    if (report.read.message % EVERY === 0) onProgress(report.read.message);
    const id = asId(value['id']);
    if (cid === null) return report.leaveOut('message', 'no-channel', id);
    const mapped = mapMessage(value, { cid, people, keepsSystemMessages });
    if (typeof mapped === 'string') return report.leaveOut('message', mapped, id);
    const { rows, reactions } = mapped;
    const { messages } = report;
    const version = report.read.message;
    if (mapped.isMended) messages.mended += 1;
    if (mapped.isPinned) messages.pinned += 1;
    for (const type of mapped.attached) countIn(report.attachments, type);
    for (const type of mapped.dropped) countIn(report.droppedAttachments, type);
    report.unlistedReactions += mapped.unlistedReactions;
    const versions = rows.map((row) => ({ ...row, version }));
    await staging.add('messages', versions);
    for (const reaction of reactions) await this.#reaction(reaction, { cid, streamId: id, version });
  }

  async #reaction(value: JsonObject, { cid, streamId, version }: Source): Promise<void> {
    const { report, people, staging, emoji } = this.#reading;
    report.read.reaction += 1;
    const row = mapReaction(value, { cid, streamId, people, emoji });
    if (typeof row !== 'string') return await staging.add('reactions', [{ ...row, version }]);
    if (row === 'unknown-reaction') countIn(report.unknownReactions, asText(value['type']) ?? 'none');
    report.leaveOut('reaction', row, streamId ?? asId(value['message_id']));
  }
}
