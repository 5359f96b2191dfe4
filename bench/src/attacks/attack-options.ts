/** The command line. */
import { parseArgs } from 'node:util';

export interface AttackOptions {
  /** Of one attack. */
  readonly seconds: number;
  readonly calmSeconds: number;
  readonly only: ReadonlySet<string> | null;
  readonly json: string | null;
  readonly profileDir: string | null;
}

export const ATTACK_HELP = `npm run bench:attacks -- [options]
  --seconds 60          length of each attack
  --calm 15             seconds of calm before it, to compare with
  --only name,name      some attacks only
  --json FILE           everything measured, for machines
  --profile DIR         a CPU profile of the server (slows it down: not for figures)
`;

export function readAttackOptions(args: readonly string[]): AttackOptions | 'help' {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { seconds: text, calm: text, only: text, json: text, profile: text, help: { type: 'boolean' } },
  });
  if (values.help === true) return 'help';
  const seconds = (given: string | undefined, fallback: number): number => {
    const value = given === undefined ? fallback : Number(given);
    // A typing error must not become an attack of days.
    if (!(value > 0 && value <= 3_600)) throw new Error(`'${given}' is not a number of seconds from 1 to 3,600.`);
    return value;
  };
  return {
    seconds: seconds(values.seconds, 60),
    calmSeconds: seconds(values.calm, 15),
    only: values.only === undefined ? null : new Set(values.only.split(',')),
    json: values.json ?? null,
    profileDir: values.profile ?? null,
  };
}
