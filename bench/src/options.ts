/** The command line. */
import { parseArgs } from 'node:util';

export interface Options {
  /** Of one window of measuring. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Each is ours, then stock. */
  readonly rounds: number;
  readonly tablos: number;
  readonly members: number;
  readonly inFlight: number;
  readonly parts: ReadonlySet<string>;
  readonly epochMaxEntries: number | null;
  readonly json: string | null;
  readonly profileDir: string | null;
}

export const HELP = `npm run bench -- [options]
  --seconds 8           length of one measurement
  --warm-up 2           seconds before it that do not count
  --rounds 2            each is ours, then stock Hocuspocus
  --tablos 20 --members 10 --in-flight 8    the fan-out load
  --only light,fan-out,admission,catch-up   some parts only
  --epoch-max-entries N our server's EPOCH_MAX_ENTRIES; absent: its default
  --json FILE           everything measured, for machines
  --profile DIR         CPU profiles of both servers (slows them down: not for figures)
`;

export function readOptions(args: readonly string[]): Options | 'help' {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ seconds: text, 'warm-up': text, rounds: text, tablos: text, members: text, 'in-flight': text },
      ...{ only: text, 'epoch-max-entries': text, json: text, profile: text, help: { type: 'boolean' } },
    },
  });
  if (values.help === true) return 'help';
  const number = (given: string | undefined, fallback: number): number => {
    const value = given === undefined ? fallback : Number(given);
    if (!(value > 0)) throw new Error(`'${given}' is not a number above 0.`);
    return value;
  };
  const epochMaxEntries = values['epoch-max-entries'];
  return {
    seconds: number(values.seconds, 8),
    warmUpSeconds: number(values['warm-up'], 2),
    rounds: number(values.rounds, 2),
    tablos: number(values.tablos, 20),
    members: number(values.members, 10),
    inFlight: number(values['in-flight'], 8),
    parts: new Set((values.only ?? 'light,fan-out,admission,catch-up').split(',')),
    epochMaxEntries: epochMaxEntries === undefined ? null : number(epochMaxEntries, 0),
    json: values.json ?? null,
    profileDir: values.profile ?? null,
  };
}
