import { availableParallelism } from 'node:os';
import { applyMove, type ClusterState, type Location, type Move, type Plan, type RuleBook } from '../../placement/index.ts';
import type { LoadedCluster } from '../command/load-for-program.ts';
import type { Settings } from '../command/settings.ts';
import { optimiseInThreads } from '../optimise/optimise-in-threads.ts';
import { clock } from '../optimise/optimise-task.ts';
import { balanceGroup } from './balance-group.ts';

/** What moves must respect besides the settings. */
export interface LocationRules {
  readonly location: Location;
  readonly rules: RuleBook;
}

const defaultSeconds = 10;

/**
 * The moves that balance a group, in their order; the state and the rules go along with them. Greedily each is given out as
 * it is found; when the settings ask for the search, all come at its end, after `onPlan`.
 */
export async function* movesOfGroup(
  { prepared }: LoadedCluster,
  state: ClusterState,
  group: number,
  settings: Settings,
  location: LocationRules | undefined,
  onPlan: (plan: Plan) => void,
): AsyncGenerator<Move, void> {
  if (!settings.optimise) {
    yield* balanceGroup(state, settings, location?.rules);
    return;
  }
  const { maxCpu, minDisk, steps, ignoreSoftErrors } = settings;
  const plan = await optimiseInThreads(
    {
      data: prepared,
      location: location?.location,
      options: {
        steps,
        maxMoves: settings.maxMoves ?? (settings.maxLength < 0 ? undefined : settings.maxLength),
        maxData: settings.maxData,
        ignoreSoftErrors,
        state: { group, maxCpu, minDisk },
      },
      seed: settings.seed,
      seconds: settings.seconds ?? (steps === undefined ? defaultSeconds : undefined),
      started: clock(),
    },
    settings.threads ?? availableParallelism(),
  );
  onPlan(plan);
  for (const { instance, kind, target, to, score } of plan.moves) {
    const reason = applyMove(state, instance, kind, target, ignoreSoftErrors);
    if (reason !== 0) throw new Error(`move ${kind} of instance ${instance} is in the plan but refused (${reason})`);
    location?.rules.place(instance, to.primary, to.secondary);
    yield { instance, kind, target, ...to, score };
  }
}
