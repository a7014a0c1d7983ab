import { seededRandom } from '../../base/index.ts';
import {
  compileRules,
  createTraffic,
  type Location,
  type OptimiseOptions,
  optimise,
  type Plan,
  type PreparedCluster,
} from '../../placement/index.ts';

/** What one thread is to do; plain data that can be sent to it. */
export interface OptimiseTask {
  readonly data: PreparedCluster;
  readonly location: Location | undefined;
  readonly options: Pick<OptimiseOptions, 'steps' | 'maxMoves' | 'maxData' | 'state' | 'ignoreSoftErrors'>;
  readonly seed: number;
  /** From `started` on. Undefined: `steps` alone ends the search. */
  readonly seconds: number | undefined;
  /** `clock()` when it was given out. */
  readonly started: number;
}

/** Milliseconds, the same in all threads. */
export const clock = (): number => performance.timeOrigin + performance.now();

/** Runs a task to its end, in this thread. */
export function runTask({ data, location, options, seed, seconds, started }: OptimiseTask): Plan {
  const rules = location && compileRules(data, location.topology, location.services);
  const progress = seconds === undefined ? undefined : () => (clock() - started) / (1000 * seconds);
  const traffic = location && createTraffic(data, location);
  return optimise(data, { ...options, random: seededRandom(seed), rules, traffic, progress });
}
