import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_TIMING } from '../base/timing.ts';
import { Heartbeat, type WatchedSocket } from './heartbeat.ts';

const KIB = 1024;

let now: number;
let asked: number;
let gaveUpAt: number | null;
let waiting: number;
let heartbeat: Heartbeat;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  [now, asked, gaveUpAt, waiting] = [0, 0, null, 0];
  const socket: WatchedSocket = {
    ask: () => {
      asked += 1;
    },
    drop: () => {
      gaveUpAt = now;
    },
    get waitingBytes() {
      return waiting;
    },
  };
  heartbeat = new Heartbeat(DEFAULT_TIMING, socket, () => now);
});
afterEach(() => vi.useRealTimers());

/** Time passes, timers in it. */
function pass(ms: number, each: () => void = () => {}): void {
  for (const end = now + ms; now < end; ) {
    now += 100;
    vi.advanceTimersByTime(100);
    each();
  }
}

/** The device sleeps: its clock goes on, its timers do not. */
function sleep(ms: number): void {
  now += ms;
}

function startAnswered(): void {
  heartbeat.start();
  heartbeat.noteAnswer();
  asked = 0;
}

describe('a silent link', () => {
  it('[R11] is given up within 6 s, after one question', () => {
    startAnswered();
    pass(20_000);
    expect(asked).toBe(1);
    expect(gaveUpAt).toBe(5_500);
  });

  it('[R11] that never said anything is given up after the time of one answer: a portal that opens sockets', () => {
    heartbeat.start();
    pass(20_000);
    expect([asked, gaveUpAt]).toEqual([1, 3_000]);
  });

  it('[R11] is asked again and again while it answers, and never given up', () => {
    startAnswered();
    let answered = 0;
    pass(60_000, () => {
      if (asked > answered) heartbeat.noteAnswer();
      answered = asked;
    });
    expect(gaveUpAt).toBeNull();
    expect(asked).toBeGreaterThan(15);
    expect(asked).toBeLessThan(30);
  });

  it('is not asked while others write', () => {
    startAnswered();
    pass(60_000, () => heartbeat.noteFrame());
    expect([asked, gaveUpAt]).toEqual([0, null]);
  });
});

describe('after a sleep', () => {
  it('[R11] the link is asked at once when the page is seen again, and given up when it does not answer', () => {
    startAnswered();
    pass(1_000);
    sleep(8 * 3600_000);
    const woke = now;
    heartbeat.wake();
    expect(asked).toBe(1);
    pass(10_000);
    expect(gaveUpAt).toBe(woke + 3_000);
  });

  it('[R11] it is not given up for an answer that came while nobody listened', () => {
    startAnswered();
    pass(2_600);
    expect(asked).toBe(1);
    sleep(30_000);
    pass(3_000);
    expect([asked, gaveUpAt]).toEqual([2, null]);
    heartbeat.noteAnswer();
    pass(2_000);
    expect(gaveUpAt).toBeNull();
  });

  it('[R11] nor when the page says first that it woke', () => {
    startAnswered();
    pass(2_600);
    sleep(30_000);
    heartbeat.wake();
    expect([asked, gaveUpAt]).toEqual([2, null]);
    pass(10_000);
    expect(gaveUpAt).toBe(32_600 + 3_000);
  });

  it('[R11] it is given up in a page whose timers are late every time', () => {
    startAnswered();
    for (let minute = 0; minute < 5; minute += 1) {
      sleep(60_000);
      pass(3_000);
    }
    expect(gaveUpAt).not.toBeNull();
  });

  it('the many events of one wake ask once, answered or not', () => {
    startAnswered();
    pass(2_000);
    for (let nth = 0; nth < 5; nth += 1) {
      heartbeat.wake();
      heartbeat.noteAnswer();
    }
    expect(asked).toBe(1);
  });

  it('events of the page do not put the end of a dead link off', () => {
    startAnswered();
    pass(20_000, () => heartbeat.wake());
    expect(gaveUpAt).toBeLessThan(6_000);
  });
});

describe('a slow link', () => {
  it('[R11] is given the time for a large frame that was announced', () => {
    startAnswered();
    heartbeat.noteComing(2_000 * KIB);
    pass(120_000);
    expect(gaveUpAt).toBeNull();
    expect(heartbeat.comingMs).toBe(5_000);
    heartbeat.noteFrame();
    expect(heartbeat.comingMs).toBe(0);
    pass(20_000);
    expect(gaveUpAt).toBe(120_000 + 5_500);
  });

  it('[R11] is given the time for own bytes on their way, and no more', () => {
    startAnswered();
    heartbeat.noteSent(160 * KIB);
    pass(60_000);
    expect(gaveUpAt).toBe(13_000);
  });

  it('[R11] lives while own bytes go on leaving, however slowly', () => {
    startAnswered();
    waiting = 200 * KIB;
    heartbeat.noteSent(waiting);
    pass(60_000, () => {
      waiting -= 100;
    });
    expect(gaveUpAt).toBeNull();
    pass(30_000);
    expect(gaveUpAt).not.toBeNull();
  });
});
