import { type Move, moveSteps, type PreparedCluster } from '../placement/index.ts';
import type { JobSet } from './execute-job-sets.ts';
import { moveOpcodes } from './move-opcodes.ts';

/** Moves that run side by side as jobs, one for each; `verb` begins the title, in which their instances follow. */
export function moveJobSet(cluster: PreparedCluster, moves: readonly { readonly move: Move }[], verb: string): JobSet {
  return {
    title: `${verb} ${moves.map(({ move }) => cluster.instances[move.instance]?.name).join(',')}`,
    jobs: moves.map(({ move }) => moveOpcodes(cluster, move.instance, moveSteps(move.kind, move.target))),
  };
}
