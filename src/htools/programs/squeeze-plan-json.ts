import { type PreparedCluster, type SqueezePlan, standbyTag } from '../../placement/index.ts';
import type { JobSet } from '../print/job-sets.ts';

/** A plan with names in place of positions, for programs. `jobSets` are carried out one after the other, their moves side by side. */
export function squeezePlanJson({ nodes, instances }: PreparedCluster, plan: SqueezePlan, sets: readonly JobSet[]): object {
  const name = (n: number) => nodes[n]?.name ?? null;
  const names = (list: readonly number[]) => list.map(name);
  return {
    action: plan.action,
    nodes: names(plan.nodes),
    sufficient: plan.sufficient,
    offlineCandidates: names(plan.offCandidates),
    onlineCandidates: names(plan.onCandidates),
    tag: plan.action === 'off' ? standbyTag : null,
    jobSets: sets.map((set) =>
      set.map(({ move, commands }) => ({
        instance: instances[move.instance]?.name,
        primary: name(move.primary),
        secondary: name(move.secondary),
        commands,
      })),
    ),
    moves: plan.moves.length,
    copiedMiB: plan.copied,
    score: { before: plan.scoreBefore, after: plan.scoreAfter },
    watts: plan.watts,
  };
}
