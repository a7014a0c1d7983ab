import { checkEndedMoves } from './check-ended-moves.ts';
import { checkInstancePlaces } from './check-instance-places.ts';
import { checkInstanceStates } from './check-instance-states.ts';
import { checkMasterLog } from './check-master-log.ts';
import { checkMissingDisks } from './check-missing-disks.ts';
import { checkNodeReports } from './check-node-reports.ts';
import { checkSilentNodes } from './check-silent-nodes.ts';
import { checkUnknownDisks } from './check-unknown-disks.ts';
import type { AnswerCheck, ClusterCheck } from './verify-check.ts';

/** What `cluster verify` looks at once. One file each; a new check is a file and a word here. */
export const clusterChecks: readonly ClusterCheck[] = [checkMasterLog, checkSilentNodes];

/** What it looks at for each node that answered. What a node must look at itself is in the node room: `src/node/verify/`. */
export const answerChecks: readonly AnswerCheck[] = [
  checkNodeReports,
  checkInstanceStates,
  checkInstancePlaces,
  checkEndedMoves,
  checkMissingDisks,
  checkUnknownDisks,
];
