// Small schedules that give each mutation its chance, every time.
import type { DeviceShape, Operation, Schedule } from '../schedules/operation.ts';

/** Longer than a round trip and every save of the client. */
const SETTLED_MS = 250;
/** Long enough to have joined, on a busy machine too. */
const JOINED_MS = 1_500;

const DEVICES: readonly DeviceShape[] = [
  { user: 0, tabs: 1 },
  { user: 1, tabs: 1 },
];
const send = (device: number, pauseMs: number): Operation => ({
  type: 'send',
  device,
  tab: 0,
  count: 1,
  replyTo: null,
  pauseMs,
});
const schedule = (...operations: readonly Operation[]): Schedule => ({ seed: 1, devices: DEVICES, operations });

export const SCENARIOS = {
  'written and read': schedule(
    send(0, JOINED_MS),
    { type: 'mark-read', device: 1, tab: 0, pauseMs: SETTLED_MS },
    send(0, SETTLED_MS),
    send(1, SETTLED_MS),
  ),
  'written by a clock of yesterday': schedule({ type: 'clock', device: 0, days: -1, pauseMs: 0 }, send(0, SETTLED_MS)),
  'written offline, then the browser is killed': schedule(
    { type: 'offline', device: 0, pauseMs: 20 },
    send(0, SETTLED_MS),
    { type: 'kill', device: 0, pauseMs: 0 },
  ),
  'written into a dead link, then the browser is killed': schedule(
    send(0, JOINED_MS),
    { type: 'stall', device: 0, pauseMs: 0 },
    send(0, SETTLED_MS),
    { type: 'kill', device: 0, pauseMs: 0 },
  ),
} as const satisfies Record<string, Schedule>;
