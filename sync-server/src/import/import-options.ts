/** What `npm run import` is told on its command line: one table, off which `--help` is read. Everything else is a setting of the server's (`--database-url`, `--data-dir`). */
import { err, ok, type Result } from '@tablo/schema/result';

const CHOICES = {
  'unknown-users': ['stop', 'placeholder'],
  'unknown-channels': ['stop', 'skip', 'create'],
  members: ['new', 'add', 'keep'],
  'system-messages': ['skip', 'keep'],
} as const;
type Choice = keyof typeof CHOICES;

const HELP: Readonly<Record<string, string>> = {
  '--dry-run': 'reads everything, says what would be imported and what not, and changes nothing',
  '--users FILE':
    'which of our users a Stream user is, where the id is no UUID: CSV (stream id, our id) or JSON {"stream id": "our id"}; or table:NAME, a table of this database with the columns stream_id and user_id',
  '--channels FILE':
    'which tablo a Stream channel is, where its id is no UUID; the id, or type:id; or table:NAME with the columns stream_id and tablo_id',
  '--reactions FILE': 'which emoji a type of reaction is, beside those that are known',
  '--report FILE': 'writes the whole report there, as JSON, with the id of everything that does not come along',
  '--unknown-users=stop':
    'users without an id of ours: stop before anything is written; placeholder: they become users that nobody signs in as',
  '--unknown-channels=stop': 'channels without a tablo: stop; skip: leave them out; create: make a tablo of each',
  '--members=new': 'adds members to tablos that have none; add: to all; keep: to none',
  '--system-messages=skip': 'messages of type system: leave them out; keep: import them under the user they name',
};

export interface ImportOptions {
  readonly file: string;
  readonly isDryRun: boolean;
  readonly users: string | null;
  readonly channels: string | null;
  readonly reactions: string | null;
  readonly report: string | null;
  readonly unknownUsers: (typeof CHOICES)['unknown-users'][number];
  readonly unknownChannels: (typeof CHOICES)['unknown-channels'][number];
  readonly members: (typeof CHOICES)['members'][number];
  readonly systemMessages: (typeof CHOICES)['system-messages'][number];
}

export interface Arguments {
  readonly options: ImportOptions;
  /** For `parseConfig`. */
  readonly settings: readonly string[];
}

const FILES = ['users', 'channels', 'reactions', 'report'];

export function parseImportArguments(argv: readonly string[]): Result<Arguments, string> {
  const given = new Map<string, string>();
  const places: string[] = [];
  const settings: string[] = [];
  const left = [...argv];
  while (left.length > 0) {
    const argument = left.shift() ?? '';
    if (!argument.startsWith('--')) {
      places.push(argument);
      continue;
    }
    const [name = '', ...inline] = argument.slice(2).split('=');
    if (name === 'dry-run') {
      given.set(name, 'yes');
      continue;
    }
    const value = inline.length > 0 ? inline.join('=') : left.shift();
    if (value === undefined || value === '') return err(`--${name} needs a value.`);
    if (!FILES.includes(name) && !Object.hasOwn(CHOICES, name)) {
      settings.push(`--${name}=${value}`);
      continue;
    }
    const choices: readonly string[] | undefined = CHOICES[name as Choice];
    if (choices !== undefined && !choices.includes(value))
      return err(`--${name} must be one of ${choices.join(', ')}.`);
    given.set(name, value);
  }
  const [source, file, ...more] = places;
  if (source !== 'stream')
    return err('Say what to import from, and the file: npm run import -- stream export.json (--help for more).');
  if (file === undefined) return err('Name the file: npm run import -- stream export.json.');
  if (more.length > 0) return err(`One file at a time: ${more[0]} is one too many.`);
  const choice = <Name extends Choice>(name: Name) =>
    (given.get(name) ?? CHOICES[name][0]) as (typeof CHOICES)[Name][number];
  return ok({
    options: {
      ...{ file, isDryRun: given.has('dry-run') },
      ...{ users: given.get('users') ?? null, channels: given.get('channels') ?? null },
      ...{ reactions: given.get('reactions') ?? null, report: given.get('report') ?? null },
      ...{ unknownUsers: choice('unknown-users'), unknownChannels: choice('unknown-channels') },
      ...{ members: choice('members'), systemMessages: choice('system-messages') },
    },
    settings,
  });
}

export function importHelp(): string {
  const lines = Object.entries(HELP).map(([name, meaning]) => `  ${name.padEnd(26)} ${meaning}`);
  return `npm run import -- stream export.json [options]

Reads an export of Stream Chat into the database (DATABASE_URL, or the embedded one under DATA_DIR). A server may run meanwhile. docs/FROM-STREAM.md leads through it.

${lines.join('\n')}

Exit code 0: all but what the report says is left out is imported (or would be). 1: nothing was written, and the report says what is missing. 2: it could not be done.
`;
}
