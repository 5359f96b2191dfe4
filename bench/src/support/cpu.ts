/** CPU time of processes, off Linux's /proc: user and system, all threads, garbage collection included. */
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ, which Linux shows to programs as 100 whatever the kernel's own. */
const TICKS_PER_SECOND = 100;

interface Stat {
  readonly parent: number;
  readonly own: number;
  /** Of children that have ended and been waited for. */
  readonly endedChildren: number;
}

function readStat(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The program's name is in brackets and may hold anything; the fields are counted from behind it.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [parent = 0, user = 0, system = 0, childUser = 0, childSystem = 0] = [fields[1], ...fields.slice(11, 15)];
    return {
      parent,
      own: (user + system) / TICKS_PER_SECOND,
      endedChildren: (childUser + childSystem) / TICKS_PER_SECOND,
    };
  } catch {
    return null; // It has ended between the listing and here.
  }
}

/** Seconds. */
export function readCpuSeconds(pid: number): number {
  const stat = readStat(pid);
  if (stat === null) throw new Error(`Process ${pid} is gone.`);
  return stat.own;
}

/** Seconds, of a process and its direct children: PostgreSQL's postmaster and its backends. */
export function readFamilyCpuSeconds(pid: number): number {
  const parent = readStat(pid);
  if (parent === null) throw new Error(`Process ${pid} is gone.`);
  let seconds = parent.own + parent.endedChildren;
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : null;
    if (stat?.parent === pid) seconds += stat.own;
  }
  return seconds;
}
