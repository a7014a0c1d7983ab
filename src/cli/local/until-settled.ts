import { GantryError, systemClock } from '../../base/index.ts';
import { daemonLog, findDaemon, isServing, listDaemons, stepFacts } from './daemon-process.ts';
import type { LocalPaths } from './local-paths.ts';
import type { ProgressSteps } from './progress-steps.ts';

const settleSeconds = 180;
/** Daemons that have just been started need so long; nothing is shown meanwhile. */
const quietMs = 3000;
const lookMs = 50;
const sureMs = 1000;

/**
 * Waits for daemons that are ending or beginning: one that ends still lives, and the master may still believe that its node is well.
 * @throws LOCAL_STEP_FAILED
 */
export async function untilSettled({ runDir, logDir }: LocalPaths, steps: ProgressSteps, signal: AbortSignal): Promise<void> {
  const began = performance.now();
  let wasUnsettled = false;
  const wait = async (ms: number, detail: (text: string) => void): Promise<readonly string[]> => {
    for (;;) {
      const names = await unsettled(runDir);
      if (names.length === 0 ? !wasUnsettled : performance.now() >= began + ms) return names;
      signal.throwIfAborted();
      detail(names.join(', '));
      // A signal has reached a process a moment before its handler runs: for so long it seems to serve.
      await systemClock.sleep(names.length === 0 ? sureMs : lookMs);
      wasUnsettled = names.length > 0;
    }
  };
  if ((await wait(quietMs, () => undefined)).length === 0) return;
  await steps.step('daemons that are ending or starting', async (detail) => {
    const [name] = await wait(settleSeconds * 1000, detail);
    if (name === undefined) return;
    const problem = `${name} neither serves nor ends within ${settleSeconds} s`;
    throw new GantryError('LOCAL_STEP_FAILED', await stepFacts(`Waiting for ${name}`, problem, daemonLog(logDir, name)));
  });
}

/** Names of the daemons that live and do not serve. */
async function unsettled(runDir: string): Promise<string[]> {
  const names = await listDaemons(runDir);
  const settled = await Promise.all(
    names.map(async (name) => (await isServing(runDir, name)) || (await findDaemon(runDir, name)) === undefined),
  );
  return names.filter((_, index) => !settled[index]);
}
