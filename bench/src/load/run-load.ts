/** Runs a plan in a fresh load process. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FanOutPlan, FanOutResult, LightPlan, LightResult, Plan, Result } from './plan.ts';

const LOAD = fileURLToPath(new URL('./load.ts', import.meta.url));

export function runLoad(plan: LightPlan): Promise<LightResult>;
export function runLoad(plan: FanOutPlan): Promise<FanOutResult>;
export function runLoad(plan: Plan): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = fork(LOAD, { stdio: 'inherit' });
    let result: Result | undefined;
    child.once('message', (message) => {
      result = message as Result;
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (result === undefined) reject(new Error(`The load process ended with ${code} and without a result.`));
      else resolve(result);
    });
    child.send(plan);
  });
}
