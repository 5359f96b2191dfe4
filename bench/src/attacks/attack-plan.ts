/** What goes over the channel between the program and the process of an attack: plain data. */
import type { Gains } from './attacker/tally.ts';

export interface AttackPlan {
  readonly name: string;
  readonly http: string;
  readonly sync: string;
  readonly databaseUrl: string;
  readonly honestTablo: string;
}

export type ToAttack =
  | { readonly type: 'prepare'; readonly plan: AttackPlan }
  | { readonly type: 'go'; readonly seconds: number };
export type FromAttack = { readonly type: 'prepared' } | { readonly type: 'done'; readonly gains: Gains };
