// What may happen in a schedule, as plain data: who does what, with numbers in place of things that only exist when it is run (the k-th message on
// the screen). So a schedule can be printed, repeated and shrunk by leaving operations out.
import { Random } from '@tablo/schema/testing/random';

export interface DeviceShape {
  /** 0 to 2; 0 is the tablo's owner. */
  readonly user: number;
  readonly tabs: number;
}

/** `device`, `tab`, `nth`: counted on from 0 and taken modulo what there is. */
interface At {
  readonly device: number;
  readonly tab: number;
}

export type Operation = { readonly pauseMs: number } & (
  | ({ readonly type: 'send'; readonly count: number; readonly replyTo: number | null } & At)
  /** Own messages, in whatever state: a pending one is rewritten, a sent one gets an edit. */
  | ({ readonly type: 'edit' | 'remove'; readonly nth: number } & At)
  | ({ readonly type: 'edit-pending' | 'cancel-pending'; readonly nth: number } & At)
  | ({ readonly type: 'react'; readonly nth: number; readonly emoji: string; readonly on: boolean } & At)
  /** An edit of a message that never was: the server refuses it, and what comes before and after it goes on. */
  | ({ readonly type: 'stray' } & At)
  | ({ readonly type: 'mark-read' | 'retry' | 'discard' | 'reload' | 'look-back' } & At)
  /** One tab hears nothing any more, and is heard; or its socket alone is cut. */
  | ({ readonly type: 'deafen' | 'cut-tab' } & At)
  /** A network that swallows everything, and opens sockets or not. Ends with `online`. */
  | { readonly type: 'captive'; readonly device: number; readonly opensSockets: boolean }
  | { readonly type: 'offline' | 'online' | 'cut' | 'stall' | 'kill'; readonly device: number }
  | ({ readonly type: 'burst-kill'; readonly count: number; readonly afterMs: number } & At)
  | { readonly type: 'clock'; readonly device: number; readonly days: -1 | 0 | 1 }
  | { readonly type: 'remove-member' | 'add-member'; readonly user: number }
  | { readonly type: 'restart-server'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** Waits until all that was asked is stored. Only in schedules written by hand: chance leaves nobody the time. */
  | { readonly type: 'settle' }
);

export interface Schedule {
  readonly seed: number;
  readonly devices: readonly DeviceShape[];
  readonly operations: readonly Operation[];
}

const USERS = [0, 1, 2] as const;
const EMOJI = ['👍', '🎉'] as const;
type ByChance = Exclude<Operation['type'], 'settle'>;
const WEIGHTS: readonly (readonly [ByChance, number])[] = [
  ['send', 26],
  ['edit', 8],
  ['edit-pending', 6],
  ['cancel-pending', 6],
  ['remove', 5],
  ['react', 10],
  ['stray', 4],
  ['mark-read', 8],
  ['look-back', 1],
  ['retry', 1.5],
  ['discard', 0.7],
  ['offline', 6],
  ['online', 6],
  ['cut', 5],
  ['stall', 1],
  ['deafen', 1],
  ['cut-tab', 1],
  ['captive', 1],
  ['reload', 5],
  ['kill', 2],
  ['burst-kill', 3],
  ['clock', 3],
  ['remove-member', 0.5],
  ['add-member', 2],
  ['restart-server', 0.1],
];

export function createSchedule(seed: number, length = 40): Schedule {
  const random = new Random(seed);
  const devices = USERS.flatMap((user) => {
    const count = random.chance(0.5) ? 2 : 1;
    return Array.from({ length: count }, () => ({ user, tabs: random.chance(0.3) ? 2 : 1 }));
  });
  return { seed, devices, operations: Array.from({ length }, () => createOperation(random)) };
}

function createOperation(random: Random): Operation {
  const pauseMs = random.chance(0.4) ? 0 : random.below(random.chance(0.15) ? 120 : 12);
  const at = { device: random.below(60), tab: random.below(6) };
  const nth = random.below(60);
  const type = pickWeighted(random);
  switch (type) {
    case 'send':
      return {
        type,
        pauseMs,
        ...at,
        count: random.chance(0.7) ? 1 : 1 + random.below(7),
        replyTo: random.chance(0.2) ? nth : null,
      };
    case 'edit':
    case 'remove':
    case 'edit-pending':
    case 'cancel-pending':
      return { type, pauseMs, ...at, nth };
    case 'react':
      return { type, pauseMs, ...at, nth: nth % 8, emoji: random.pick(EMOJI), on: random.chance(0.7) };
    case 'stray':
    case 'mark-read':
    case 'retry':
    case 'discard':
    case 'reload':
    case 'look-back':
    case 'deafen':
    case 'cut-tab':
      return { type, pauseMs, ...at };
    case 'offline':
    case 'online':
    case 'cut':
    case 'stall':
    case 'kill':
      return { type, pauseMs, device: at.device };
    case 'captive':
      return { type, pauseMs, device: at.device, opensSockets: random.chance(0.5) };
    case 'burst-kill':
      return { type, pauseMs, ...at, count: 1 + random.below(6), afterMs: random.below(6) };
    case 'clock':
      return { type, pauseMs, device: at.device, days: random.pick([-1, 0, 1] as const) };
    case 'remove-member':
    case 'add-member':
      return { type, pauseMs, user: 1 + random.below(2) };
    case 'restart-server':
      return { type, pauseMs, signal: random.pick(['SIGTERM', 'SIGKILL'] as const) };
  }
}

function pickWeighted(random: Random): ByChance {
  let left = random.next() * WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [type, weight] of WEIGHTS) {
    left -= weight;
    if (left < 0) return type;
  }
  return 'send';
}
