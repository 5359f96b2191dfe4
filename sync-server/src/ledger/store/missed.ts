/**
 * [N1] A document is the log up to its head. What other servers have committed beyond that, all of one moment: a document that takes it in is the log up to a later
 * head. Rows of a tablo are added under its row's lock, so their ids ascend in the order of commits.
 */
import type { EntryId, TabloId } from '@tablo/schema/ids';

/** How far a document goes. */
export interface DocumentHead {
  readonly tabloId: TabloId;
  readonly epoch: number;
  /** The highest log row that it contains; it contains all of its epoch below, too. */
  readonly head: bigint;
  /** Messages of the tablo that its connections have heard of. */
  readonly lastSeq: number;
}

export interface LogRow {
  readonly id: bigint;
  /** Yjs update, encoding version 1. */
  readonly update: Uint8Array;
}

export interface Missed {
  /** Rows above the document's head have gone into this snapshot, which goes up to `head`. Null: they are all in the log. */
  readonly snapshot: { readonly head: bigint; readonly state: Uint8Array } | null;
  /** Above the document's head, in their order. */
  readonly rows: readonly LogRow[];
  /** Above the document's `lastSeq`, in order of `seq`. */
  readonly messages: readonly { readonly id: EntryId; readonly seq: number }[];
}

/**
 * As a column of a query, `param` being the heads by `headsParameter`. Row comparisons, so that no index but the ones that begin with the tablo can serve them [R9]: one look by key
 * into each of two tables, where nothing was missed.
 */
export const missedSql = (
  param: string,
): string => `(SELECT coalesce(json_agg(json_build_array(d.nth, s.log_id::text, encode(s.state, 'base64'), u.rows,
      (SELECT json_agg(json_build_array(m.id, m.seq) ORDER BY m.seq) FROM messages m
        WHERE m.channel_id = d.tablo AND (m.channel_id, m.seq) > (d.tablo, d.seq)))), '[]')
    FROM ROWS FROM (json_to_recordset(${param}) AS (tablo uuid, epoch integer, head bigint, seq bigint))
      WITH ORDINALITY AS d(tablo, epoch, head, seq, nth)
    LEFT JOIN LATERAL (SELECT epoch, log_id, state FROM tablo_documents WHERE tablo_id = d.tablo OFFSET 0) s
      ON s.epoch = d.epoch AND s.log_id > d.head
    CROSS JOIN LATERAL (
      SELECT json_agg(json_build_array(l.id::text, encode(l.update, 'base64')) ORDER BY l.id) AS rows FROM tablo_updates l
      WHERE l.tablo_id = d.tablo AND l.epoch = d.epoch AND (l.tablo_id, l.epoch, l.id) > (d.tablo, d.epoch, d.head)
    ) u
    WHERE s.log_id IS NOT NULL OR u.rows IS NOT NULL)`;

export const headsParameter = (heads: readonly DocumentHead[]): string =>
  JSON.stringify(
    heads.map(({ tabloId, epoch, head, lastSeq }) => ({ tablo: tabloId, epoch, head: String(head), seq: lastSeq })),
  );

/** As the column comes back. */
export type MissedColumn = readonly [
  nth: number,
  logId: string | null,
  state: string | null,
  rows: readonly [id: string, update: string][] | null,
  messages: readonly [EntryId, seq: number][] | null,
][];

/** By the heads that were asked for; those that missed nothing are left out. */
export function readMissed<H extends DocumentHead>(heads: readonly H[], column: MissedColumn): ReadonlyMap<H, Missed> {
  return new Map(
    column.map(([nth, logId, state, rows, messages]) => [
      heads[nth - 1] as H,
      {
        snapshot: logId === null || state === null ? null : { head: BigInt(logId), state: bytesOf(state) },
        rows: (rows ?? []).map(([id, update]) => ({ id: BigInt(id), update: bytesOf(update) })),
        messages: (messages ?? []).map(([id, seq]) => ({ id, seq })),
      },
    ]),
  );
}

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));
