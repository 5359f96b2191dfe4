/** What an attack is, and what it has to work with. Each runs in a process of its own, against a server and a conversation that know nothing of it. */
import type { Pool } from 'pg';
import type { Identity } from '../../support/servers.ts';
import type { Call } from './caller.ts';
import type { Tally } from './tally.ts';

/** Whose tokens the server takes: with an external issuer anybody may be a member, with the built-in one attackers have no account. */
export interface Attack {
  readonly name: string;
  /** What is tried, for the report. */
  readonly what: string;
  readonly identity: Identity;
  /** What has to be there first; it is not measured. Long histories are written by SQL in place of waiting for days. */
  prepare(field: Field): Promise<Strike>;
}

/** Goes on until the signal says that its time is over. Nothing of it may outlast that by more than the time of one answer. */
export type Strike = (over: AbortSignal) => Promise<void>;

export interface Field {
  /** `http://127.0.0.1:<port>` and the address of `/sync`. */
  readonly http: string;
  readonly sync: string;
  /** Where honest people talk meanwhile. No attacker is a member of it. */
  readonly honestTablo: string;
  /** For preparations, and for what is done to the database itself. */
  readonly pool: Pool;
  readonly tally: Tally;
  /** A request, counted by what became of it: the status; 0 without an answer. */
  call(path: string, call?: Call): Promise<number>;
  /** Run at the end, whatever happened. */
  atEnd(undo: () => Promise<void> | void): void;
}

/** The attackers' address: the limits by address are theirs, and not the honest people's. Linux has all of 127/8. */
export const ATTACKERS_ADDRESS = '127.0.0.3';
