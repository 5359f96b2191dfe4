/** An attack's process as the program sees it. Whatever happens, it has ended some seconds after its time. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AttackPlan, FromAttack, ToAttack } from './attack-plan.ts';
import type { Gains } from './attacker/tally.ts';

const PROCESS = fileURLToPath(new URL('./attack-process.ts', import.meta.url));
/** Histories of a million rows take their time. */
const PREPARE_DEADLINE_MS = 240_000;
const END_DEADLINE_MS = 30_000;

export interface LaunchedAttack {
  go(seconds: number): Promise<Gains>;
  close(): void;
}

export async function launchAttack(plan: AttackPlan): Promise<LaunchedAttack> {
  const child = fork(PROCESS, { stdio: 'inherit', execArgv: ['--max-old-space-size=2048'] });
  const close = (): void => void child.kill('SIGKILL');
  try {
    tell(child, { type: 'prepare', plan });
    await hear(child, 'prepared', PREPARE_DEADLINE_MS);
  } catch (error) {
    close();
    throw error;
  }
  return {
    close,
    go: async (seconds) => {
      tell(child, { type: 'go', seconds });
      const { gains } = await hear(child, 'done', seconds * 1_000 + END_DEADLINE_MS);
      return gains;
    },
  };
}

const tell = (child: ChildProcess, what: ToAttack): void => void child.send(what);

function hear<T extends FromAttack['type']>(
  child: ChildProcess,
  type: T,
  deadlineMs: number,
): Promise<Extract<FromAttack, { type: T }>> {
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => reject(new Error(`An attack ${what} before it was '${type}'.`));
    const timer = setTimeout(() => fail('took too long'), deadlineMs);
    child.once('message', (message: FromAttack) => {
      clearTimeout(timer);
      if (message.type === type) resolve(message as Extract<FromAttack, { type: T }>);
      else fail(`said '${message.type}'`);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with ${code}`);
    });
  });
}
