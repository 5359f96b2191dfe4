// Preloaded into the server of the pictures (`NODE_OPTIONS=--import`): its clock is shifted by the ms that a file names, so that
// a conversation of two days takes seconds to write, through the product's own doors.
import { readFileSync } from 'node:fs';

const file = process.env.TABLO_CLOCK_FILE;

function shift(): number {
  return file === undefined ? 0 : Number(readFileSync(file, 'utf8')) || 0;
}

const TrueDate = Date;

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now() + shift()] : args, newTarget),
  get: (target, key, receiver) =>
    key === 'now'
      ? () => target.now() + shift()
      : Reflect.get(target, key, receiver === globalThis.Date ? target : receiver),
});
