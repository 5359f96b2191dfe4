/** What a row of the table of costs says. */
import type { OPTIONS } from '../config/config-options.ts';

type Payer =
  | 'user'
  | 'service token'
  | 'address'
  | 'connection'
  | 'socket'
  | 'document'
  | 'tablo'
  | 'message'
  | 'all unauthenticated'
  | 'all';

export interface Cost {
  readonly resource: string;
  readonly payer: Payer;
  readonly unit: string;
  /** Settings, whose defaults are read off `config.ts`; or a constant, with its value. */
  readonly bound: { readonly settings: readonly (keyof typeof OPTIONS)[] } | { readonly constant: string };
  /** `limit` of `tablo_limited_total`, or a metric's whole name; null: nothing counts it. */
  readonly metric: string | null;
  readonly answer: string;
  /** Routes (`GET /chat/channels`) and frame kinds (`/sync Update`) that pay it. What all of them pay is no excuse for a new one: `EVERYTHING`. */
  readonly covers: readonly string[] | typeof EVERYTHING;
}

/** Of the port, whatever is asked for. */
export const EVERYTHING = 'everything';

export const setting = (...settings: readonly (keyof typeof OPTIONS)[]): Cost['bound'] => ({ settings });
export const constant = (value: string): Cost['bound'] => ({ constant: value });

/** The answer to a REST request that is above its rate. */
export const WAIT = '429 `rate-limited`, Retry-After';
