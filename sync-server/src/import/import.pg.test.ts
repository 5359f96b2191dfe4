import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateExport } from './testing/generate-export.ts';
import { type ImportStage, openImportStage } from './testing/import-stage.ts';

let stage: ImportStage;
beforeEach(async () => {
  stage = await openImportStage();
});
afterEach(async () => {
  await stage.close();
});

interface Counted {
  readonly user: string;
  readonly channel: string;
  readonly unread: number;
}

/** By the definition, message by message. */
async function countUnread(): Promise<readonly Counted[]> {
  const { rows } = await stage.pool.query<Counted>(
    `SELECT a.user_id AS "user", a.tablo_id AS channel, (SELECT count(*)::int FROM messages m WHERE m.channel_id = a.tablo_id AND m.user_id <> a.user_id AND m.deleted_at IS NULL
       AND m.seq > coalesce((SELECT r.last_read_seq FROM channel_read_state r WHERE r.channel_id = a.tablo_id AND r.user_id = a.user_id), 0)) AS unread
     FROM tablo_access a`,
  );
  return rows;
}

describe('an import from Stream', () => {
  it('[R5] [R10] keeps times, order, replies, reactions and deletions; nothing is late, unread beyond Stream’s positions, or a drift', async () => {
    const generated = await generateExport(stage.path('export.json'), { messages: 3_000 });
    await stage.makeTablos(generated);
    const { report, missing } = await stage.importFile('export.json');
    expect(missing).toEqual([]);
    expect(report.stored?.messages).toBe(3_000);
    expect(await stage.findDrifts()).toEqual([]);

    type Message = { id: string; text: string; created_at: string; deleted_at: string | null; parent_id?: string };
    const file = JSON.parse(await readFile(stage.path('export.json'), 'utf8')) as {
      channel: { id: string };
      messages: Message[];
    }[];
    for (const { channel, messages } of file) {
      const { rows } = await stage.pool.query<{ text: string; ms: string; late: boolean; reply: string | null }>(
        `SELECT m.text, tablo_private.to_ms(m.created_at) AS ms, m.sent_at <> m.created_at OR m.received_at <> m.sent_at AS late,
           (SELECT a.text FROM messages a WHERE a.id = m.reply_to) AS reply
         FROM messages m WHERE m.channel_id = $1 ORDER BY m.created_at, m.id`,
        [channel.id],
      );
      expect(rows.map(({ text }) => text.split('\n\n')[0])).toEqual(
        messages.map(({ text, deleted_at }) => (deleted_at === null ? text : '')),
      );
      expect(rows.filter(({ late }) => late)).toEqual([]);
      const shifts = rows.map(({ ms }, nth) => Number(ms) - Date.parse(messages[nth]?.created_at ?? ''));
      expect(Math.min(...shifts)).toBe(0);
      expect(Math.max(...shifts)).toBeLessThanOrEqual(3);
      const bySeq = await stage.pool.query<{ text: string }>(
        'SELECT text FROM messages WHERE channel_id = $1 ORDER BY seq',
        [channel.id],
      );
      expect(bySeq.rows.map(({ text }) => text)).toEqual(rows.map(({ text }) => text));
      const texts = new Map(messages.map((one) => [one.id, one.deleted_at === null ? one.text : '']));
      expect(rows.map(({ reply }) => reply?.split('\n\n')[0] ?? null)).toEqual(
        messages.map(({ parent_id }) => (parent_id === undefined ? null : texts.get(parent_id))),
      );
    }
    const unread = await countUnread();
    for (const { user, channel, unread: count } of unread) {
      const said = generated.reads.find((read) => read.user === user && read.channel === channel);
      expect(count, `${user} in ${channel}`).toBe(said?.unread ?? 0);
    }
    expect(unread.some(({ unread: count }) => count > 0)).toBe(true);
  });

  it('[R4] changes nothing when the same file is imported again, whichever way it is written', async () => {
    const generated = await generateExport(stage.path('export.json'), { messages: 600 });
    await generateExport(stage.path('lines.jsonl'), { messages: 600, format: 'lines' });
    await stage.makeTablos(generated);
    await stage.importFile('export.json');
    const before = await stage.dump();
    const { report } = await stage.importFile('export.json');
    expect(report.stored).toEqual({
      ...{ messages: 0, reactions: 0, deletions: 0, edits: 0, positions: 0, members: 0, tablos: 0 },
    });
    expect(await stage.dump()).toEqual(before);
    await stage.importFile('lines.jsonl');
    expect(await stage.dump()).toEqual(before);
  });

  it('[R1] killed in the middle it leaves a shorter history without a drift, and started again it ends like one that was never killed', async () => {
    const options = { messages: 7_000, channels: 2 } as const;
    const generated = await generateExport(stage.path('export.json'), options);
    await stage.makeTablos(generated);
    // The second portion of the first tablo is stored, the third may be under way.
    const killed = await stage.run(['stream', stage.path('export.json')], (line, kill) => {
      if (line.startsWith('Stored: 4,000 ') || line.startsWith('Stored: 3,500 ')) kill();
    });
    expect(killed.signal, killed.errors).toBe('SIGKILL');
    const { rows } = await stage.pool.query<{ count: number }>('SELECT count(*)::int AS count FROM messages');
    expect(rows[0]?.count).toBeGreaterThan(0);
    expect(rows[0]?.count).toBeLessThan(7_000);
    expect(await stage.findDrifts()).toEqual([]);
    const again = await stage.run(['stream', stage.path('export.json')]);
    expect([again.code, again.errors]).toEqual([0, '']);
    expect(await stage.findDrifts()).toEqual([]);

    const other = await openImportStage();
    try {
      await generateExport(other.path('export.json'), options);
      await other.makeTablos(generated);
      await other.importFile('export.json');
      expect(withoutTimes(await stage.dump())).toEqual(withoutTimes(await other.dump()));
    } finally {
      await other.close();
    }
  });

  it('a dry run reports everything and changes nothing', async () => {
    const generated = await generateExport(stage.path('export.json'), { messages: 300 });
    await stage.makeTablos(generated);
    const before = await stage.dump();
    const { code, output } = await stage.run(['stream', stage.path('export.json'), '--dry-run']);
    expect(code).toBe(0);
    expect(output).toMatch(/Messages: 300 new, 0 there already/);
    expect(output).toContain('nothing was written');
    expect(await stage.dump()).toEqual(before);
  });
});

/** Tablos of two databases were made at two moments. */
function withoutTimes(dump: unknown): unknown {
  const { tablos, ...rest } = dump as { tablos: unknown[][] };
  return { ...rest, tablos: tablos.map(([id, name, by, , seq]) => [id, name, by, seq]) };
}
