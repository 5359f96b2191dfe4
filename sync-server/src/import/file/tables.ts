/** Tables of the operator's: Stream's id or word on the left, ours on the right. As a JSON object, or as CSV of two columns. */
import { readFile } from 'node:fs/promises';
import { asFileFault } from './export-pieces.ts';
import { ImportError } from './import-error.ts';
import { Utf8Reader } from './utf8.ts';

export interface TableRules {
  /** Of the option, for sentences: `--users`. */
  readonly option: string;
  /** What stands on the right, as it is stored; null: it is none. */
  readonly parse: (value: string) => string | null;
  /** What it has to be, after "must be". */
  readonly kind: string;
}

export async function readTableFile(path: string, rules: TableRules): Promise<ReadonlyMap<string, string>> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw asFileFault(error, path);
  });
  const utf8 = new Utf8Reader(path);
  const text = utf8.read(bytes);
  utf8.end();
  const body = text.replace(/^\uFEFF/, '').trim();
  return checkTable(body.startsWith('{') || body.startsWith('[') ? fromJson(body, path) : fromCsv(body), path, rules);
}

interface Entry {
  readonly where: string;
  readonly from: string;
  readonly to: unknown;
}

export function checkTable(entries: Iterable<Entry>, path: string, rules: TableRules): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const { where, from, to } of entries) {
    const parsed = typeof to === 'string' ? rules.parse(to.trim()) : null;
    if (from === '' || parsed === null)
      throw new ImportError(`${path} (${rules.option}) is wrong ${where}: on the right must be ${rules.kind}.`);
    const known = table.get(from);
    if (known !== undefined && known !== parsed)
      throw new ImportError(
        `${path} (${rules.option}) is wrong ${where}: ${from} stands there twice, with two meanings.`,
      );
    table.set(from, parsed);
  }
  if (table.size === 0) throw new ImportError(`${path} (${rules.option}) has no line.`);
  return table;
}

function fromJson(body: string, path: string): readonly Entry[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw new ImportError(`${path} is not JSON: ${(error as Error).message}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ImportError(`${path} must be a JSON object: {"on the left": "on the right"}.`);
  return Object.entries(value).map(([from, to]) => ({ where: `at "${from}"`, from, to }));
}

/** Two columns, separated by a comma or a semicolon; quotes are doubled within quotes. A first line that names the columns is none of the table. */
function fromCsv(body: string): readonly Entry[] {
  const lines = body.split(/\r?\n/);
  return lines.flatMap((line, nth) => {
    if (line.trim() === '' || (nth === 0 && HEADING.test(line))) return [];
    const [from = '', to] = cellsOf(line);
    return [{ where: `in line ${nth + 1}`, from, to }];
  });
}

const HEADING = /^"?(stream|stream[_ ]?id|stream[_ ]?user[_ ]?id|cid|type|from|user|channel)"?\s*[,;]/i;
const CELL = /\s*(?:"((?:[^"]|"")*)"|([^,;]*))\s*(?:[,;]|$)/y;

function cellsOf(line: string): readonly string[] {
  const cells: string[] = [];
  CELL.lastIndex = 0;
  while (CELL.lastIndex < line.length || cells.length === 0) {
    const cell = CELL.exec(line);
    if (cell === null) break;
    cells.push((cell[1]?.replaceAll('""', '"') ?? cell[2] ?? '').trim());
  }
  return cells;
}
