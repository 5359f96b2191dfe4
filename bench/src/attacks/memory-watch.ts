/** The server's resident memory, from Linux's /proc. */
import { readFileSync } from 'node:fs';

const SAMPLE_MS = 200;

/** Bytes; null: there is no such process any more. */
export function readRss(pid: number): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1_024;
  } catch {
    return null;
  }
}

/** The most from now until it is told to stop. */
export function watchRss(pid: number): () => number {
  let most = readRss(pid) ?? 0;
  const timer = setInterval(() => {
    most = Math.max(most, readRss(pid) ?? 0);
  }, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return Math.max(most, readRss(pid) ?? 0);
  };
}
