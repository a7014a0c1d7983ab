import { checkAddresses } from './check-addresses.ts';
import { checkClocks } from './check-clocks.ts';
import { checkEndedMoves } from './check-ended-moves.ts';
import { checkForeignFiles } from './check-foreign-files.ts';
import { checkGarbage } from './check-garbage.ts';
import { checkInstancePlaces } from './check-instance-places.ts';
import { checkInstanceStates } from './check-instance-states.ts';
import { checkJoinedNodes } from './check-joined-nodes.ts';
import { checkMasterLog } from './check-master-log.ts';
import { checkMissingDisks } from './check-missing-disks.ts';
import { checkNodeCertificates } from './check-node-certificates.ts';
import { checkNodeReports } from './check-node-reports.ts';
import { checkOfflineNodes } from './check-offline-nodes.ts';
import { checkOwnCertificates } from './check-own-certificates.ts';
import { checkSharedOrphans } from './check-shared-orphans.ts';
import { checkSilentNodes } from './check-silent-nodes.ts';
import { checkStalledInstances } from './check-stalled-instances.ts';
import { checkUnknownDisks } from './check-unknown-disks.ts';
import { checkUnsettledDisks } from './check-unsettled-disks.ts';
import { checkVersions } from './check-versions.ts';
import type { AnswerCheck, ClusterCheck } from './verify-check.ts';

/** What `cluster verify` looks at once. One file each; a new check is a file and a word here. */
export const clusterChecks: readonly ClusterCheck[] = [
  checkMasterLog,
  checkOwnCertificates,
  checkSilentNodes,
  checkOfflineNodes,
  checkJoinedNodes,
  checkGarbage,
  checkSharedOrphans,
  checkAddresses,
];

/** What it looks at for each node that answered. What a node must look at itself is in the node room: `src/node/verify/`. */
export const answerChecks: readonly AnswerCheck[] = [
  checkNodeReports,
  checkVersions,
  checkClocks,
  checkNodeCertificates,
  checkInstanceStates,
  checkStalledInstances,
  checkInstancePlaces,
  checkEndedMoves,
  checkMissingDisks,
  checkUnsettledDisks,
  checkUnknownDisks,
  checkForeignFiles,
];
