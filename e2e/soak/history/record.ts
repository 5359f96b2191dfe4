/** What is on record at the end: the rows by SQL, and the live document as somebody gets it who joins for the first time. */
import type { Entry } from '@tablo/schema/entry';
import type { EntryId, UserId } from '@tablo/schema/ids';

export interface RecordedEntry {
  readonly id: EntryId;
  readonly kind: string;
  readonly author: UserId;
  readonly digest: string;
}

export interface RecordedMessage {
  readonly id: EntryId;
  readonly author: UserId;
  readonly text: string;
  readonly seq: number;
}

export interface TabloOnRecord {
  readonly id: string;
  readonly epoch: number;
  readonly lastSeq: number;
  readonly entries: readonly RecordedEntry[];
  readonly messages: readonly RecordedMessage[];
  readonly document: readonly Entry[];
}

type Query = (sql: string, values: readonly unknown[]) => Promise<readonly object[]>;

/** Once more when the tablo has moved on meanwhile: the document of the epoch that was read is gone then. */
export async function readTablo(
  query: Query,
  id: string,
  join: (epoch: number) => Promise<readonly Entry[]>,
): Promise<TabloOnRecord> {
  for (;;) {
    const before = await readEpoch(query, id);
    const document = await join(before);
    const rows = await readRows(query, id);
    if (rows.epoch === before) return { id, ...rows, document };
  }
}

async function readEpoch(query: Query, id: string): Promise<number> {
  const [tablo] = (await query('SELECT epoch FROM tablos WHERE id = $1', [id])) as [{ epoch: number }];
  return tablo.epoch;
}

async function readRows(query: Query, id: string): Promise<Omit<TabloOnRecord, 'id' | 'document'>> {
  const [tablo] = (await query('SELECT epoch, last_seq::int FROM tablos WHERE id = $1', [id])) as [
    { epoch: number; last_seq: number },
  ];
  const entries = await query(
    `SELECT id, kind, author, encode(digest, 'hex') AS digest FROM tablo_entries WHERE tablo_id = $1`,
    [id],
  );
  const messages = await query(
    'SELECT id, user_id AS author, text, seq::int FROM messages WHERE channel_id = $1 ORDER BY seq',
    [id],
  );
  return {
    epoch: tablo.epoch,
    lastSeq: tablo.last_seq,
    entries: entries as readonly RecordedEntry[],
    messages: messages as readonly RecordedMessage[],
  };
}
