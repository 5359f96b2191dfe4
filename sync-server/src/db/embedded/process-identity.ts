// A pid alone says little: the system hands it out again. A pid with its start time names one process for ever, which is
// what a lock file left behind by a killed process must be compared with.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A text that two processes never share, or undefined when no process with that pid is alive. */
export function processIdentity(pid: number): string | undefined {
  if (!isAlive(pid)) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    if (state === 'Z' || state === 'X') return undefined;
    return `${pid}:${fields[19]}`;
  } catch {
    // No /proc on this system (macOS): ask ps.
    return `${pid}:${ps(pid, 'lstart')}`;
  }
}

/** The command line, words separated by spaces; empty when it cannot be read. */
export function processCommand(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    // No /proc, or the process ended just now: ps answers both.
    return ps(pid, 'command');
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: alive, and somebody else's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function ps(pid: number, column: string): string {
  try {
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    // The process is gone, or there is no ps: nothing is known, and an empty text says so.
    return '';
  }
}
