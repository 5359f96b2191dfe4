// What the schedules found, each made small by hand so that it does not hang on chance.
import type { DeviceShape, Operation, Schedule } from './operation.ts';

const SEED = 1;
/** Longer than a round trip and every save of the client. */
const SETTLED_MS = 250;

const at = (device: number, tab = 0) => ({ device, tab });
const send = (device: number, tab: number, pauseMs: number, count = 1): Operation => ({
  type: 'send',
  ...at(device, tab),
  count,
  replyTo: null,
  pauseMs,
});
const alone = (tabs: number): readonly DeviceShape[] => [
  { user: 0, tabs },
  { user: 1, tabs: 1 },
];
const schedule = (devices: readonly DeviceShape[], operations: readonly Operation[]): Schedule => ({
  seed: SEED,
  devices,
  operations,
});

export const REGRESSIONS: Readonly<Record<string, Schedule>> = {
  '[R11] a socket that opens and then never says a word is given up': schedule(alone(1), [
    { type: 'captive', device: 0, opensSockets: true, pauseMs: SETTLED_MS },
    send(0, 0, 0),
    { type: 'online', device: 0, pauseMs: 0 },
  ]),
  '[R11] a socket that never opens is given up': schedule(alone(1), [
    { type: 'captive', device: 0, opensSockets: false, pauseMs: SETTLED_MS },
    send(0, 0, 0),
    { type: 'online', device: 0, pauseMs: 0 },
  ]),
  '[R8] what one tab has cancelled and another tab hears is durable is deleted by its author’s tab': schedule(
    alone(2),
    [
      { type: 'mark-read', ...at(0), pauseMs: SETTLED_MS },
      { type: 'deafen', ...at(0, 0), pauseMs: 0 },
      { type: 'deafen', ...at(0, 1), pauseMs: 0 },
      send(0, 0, SETTLED_MS),
      { type: 'cancel-pending', ...at(0, 0), nth: 0, pauseMs: 20 },
      { type: 'cut-tab', ...at(0, 1), pauseMs: SETTLED_MS },
    ],
  ),
  '[R5] what is written after another tab’s pending messages stands after them': schedule(alone(2), [
    { type: 'offline', device: 0, pauseMs: 0 },
    { type: 'clock', device: 0, days: 1, pauseMs: 0 },
    send(0, 1, SETTLED_MS),
    { type: 'clock', device: 0, days: -1, pauseMs: 0 },
    send(0, 0, 20),
  ]),
  '[R5] what is written after a reload stands after what was pending before it': schedule(alone(1), [
    { type: 'offline', device: 0, pauseMs: 0 },
    { type: 'clock', device: 0, days: 1, pauseMs: 0 },
    send(0, 0, 60),
    { type: 'clock', device: 0, days: -1, pauseMs: 0 },
    { type: 'reload', ...at(0), pauseMs: SETTLED_MS },
    send(0, 0, 20),
  ]),
  '[R10] what one of two tabs has read offline is reported after the browser was killed': schedule(alone(2), [
    send(1, 0, SETTLED_MS),
    { type: 'offline', device: 0, pauseMs: 20 },
    { type: 'mark-read', ...at(0, 1), pauseMs: SETTLED_MS },
    { type: 'kill', device: 0, pauseMs: 0 },
  ]),
};
