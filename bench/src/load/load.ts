/** The load process: one plan in, one result out, then it ends. Apart from the servers, so that neither pays for the other's work. */
import { runFanOut } from './fan-out.ts';
import { runLightLoad } from './light-load.ts';
import type { Plan, Result } from './plan.ts';

process.once('message', (plan: Plan) => {
  const running: Promise<Result> = plan.type === 'light' ? runLightLoad(plan) : runFanOut(plan);
  void running.then((result) => process.send?.(result, () => process.disconnect()));
});
