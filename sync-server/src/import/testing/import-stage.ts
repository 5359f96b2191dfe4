/** A database of its own, files of its own, and the import on both: in this process, or as the program that operators start. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Drift } from '../../audit/drift.ts';
import { audit } from '../../audit/pg-audit.ts';
import { createPool } from '../../db/pool.ts';
import { openTestDatabase } from '../../db/testing/test-database.ts';
import { type ImportOptions, parseImportArguments } from '../import-options.ts';
import { runImport } from '../run-import.ts';
import type { Generated } from './generate-export.ts';

const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** `url`: of a database that the test has made. */
export async function openImportStage(url?: string) {
  const database = url === undefined ? await openTestDatabase() : { url, close: async () => {} };
  const pool = createPool(database.url, { applicationName: 'import test' });
  const directory = await mkdtemp(join(tmpdir(), 'tablo-import-'));
  const path = (name: string): string => join(directory, name);

  const optionsOf = (file: string, more: readonly string[] = []): ImportOptions => {
    const parsed = parseImportArguments(['stream', path(file), ...more]);
    if (!parsed.ok) throw new Error(parsed.error);
    return parsed.value.options;
  };

  return {
    url: database.url,
    pool,
    path,
    /** Anything that is no text is written as JSON. */
    async write(name: string, content: unknown): Promise<void> {
      await writeFile(path(name), typeof content === 'string' ? content : JSON.stringify(content));
    },
    async importFile(file: string, ...more: string[]) {
      return await runImport(database.url, optionsOf(file, more), () => {});
    },
    /** The same, and something happens between its portions. */
    async importWith(file: string, onLine: (line: string) => Promise<void>) {
      return await runImport(database.url, optionsOf(file), onLine);
    },
    /** The program. `onLine` hears what it prints, and may end it. */
    async run(argv: readonly string[], onLine: (line: string, kill: () => void) => void = () => {}): Promise<Ended> {
      const child = spawn(process.execPath, [CLI, ...argv], {
        env: { ...process.env, DATABASE_URL: database.url },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [output, errors, line] = ['', '', ''];
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        errors += text;
      });
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        line += text;
        for (let end = line.indexOf('\n'); end !== -1; end = line.indexOf('\n')) {
          onLine(line.slice(0, end), () => child.kill('SIGKILL'));
          line = line.slice(end + 1);
        }
      });
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      return { code, signal, output, errors };
    },
    async makeTablo(id: string, members: Readonly<Record<string, string>> = {}): Promise<void> {
      await pool.query(`INSERT INTO tablos (id, name) VALUES ($1, 'Board')`, [id]);
      for (const [user, role] of Object.entries(members))
        await pool.query('INSERT INTO tablo_access (tablo_id, user_id, role) VALUES ($1, $2, $3)', [id, user, role]);
    },
    /** As a host has them: each with all users. */
    async makeTablos({ channels, users }: Generated): Promise<void> {
      for (const id of channels) await this.makeTablo(id, Object.fromEntries(users.map((user) => [user, 'member'])));
    },
    async findDrifts(): Promise<readonly Drift[]> {
      const drifts: Drift[] = [];
      await audit(pool, { onDrift: (drift) => drifts.push(drift) });
      return drifts;
    },
    /** All that is stored, but for what is drawn at random: clientIDs, and documents that hold them. */
    async dump(): Promise<unknown> {
      const { rows } = await pool.query<{ rows: unknown }>(DUMP);
      return rows[0]?.rows;
    },
    async close(): Promise<void> {
      await pool.end();
      await database.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export type ImportStage = Awaited<ReturnType<typeof openImportStage>>;

const of = (table: string, columns: string, order: string): string =>
  `(SELECT coalesce(json_agg(json_build_array(${columns}) ORDER BY ${order}), '[]') FROM ${table})`;
const DUMP = `SELECT json_build_object(
  'messages', ${of('messages', 'id, channel_id, user_id, text, created_at, sent_at, received_at, seq, reply_to, updated_at, edit_id, deleted_at, first_text, edit_count', 'channel_id, seq')},
  'entries', ${of('tablo_entries', `id, tablo_id, epoch, kind, author, target, emoji, is_on, sent_at, received_at, shown_at, encode(digest, 'hex')`, 'id')},
  'reactions', ${of('message_reactions', 'channel_id, message_id, user_id, emoji, created_at, entry_id', 'message_id, user_id, emoji')},
  'votes', ${of('tablo_votes', 'message_id, user_id, emoji, is_on, shown_at, entry_id', 'message_id, user_id, emoji')},
  'kinds', ${of('tablo_reaction_kinds', 'message_id, emoji', 'message_id, emoji')},
  'read', ${of('channel_read_state', 'user_id, channel_id, last_read_at, last_read_seq', 'channel_id, user_id')},
  'people', ${of('chat_profiles', 'user_id, name, email, avatar_url', 'user_id')},
  'members', ${of('tablo_access', 'tablo_id, user_id, role, is_active', 'tablo_id, user_id')},
  'tablos', ${of('tablos', 'id, name, created_by, created_at, last_seq', 'id')},
  'deleted', ${of('tablo_private.deleted_counts', 'channel_id, level, block, messages', 'channel_id, level, block')},
  'epochs', ${of('tablos t JOIN tablo_documents d ON d.tablo_id = t.id', 'd.tablo_id, d.epoch = t.epoch', 'd.tablo_id')}) AS rows`;
