import { checkBridges } from './check-bridges.ts';
import { checkCertificate } from './check-certificate.ts';
import { checkFolders } from './check-folders.ts';
import { checkHypervisors } from './check-hypervisors.ts';
import { checkLog } from './check-log.ts';
import { checkRestarts } from './check-restarts.ts';
import { checkSupervisor } from './check-supervisor.ts';
import { checkUnits } from './check-units.ts';
import type { NodeCheck } from './node-check.ts';

/** Everything that a node looks at for `cluster verify`, in the order in which it is told. */
export const nodeChecks: readonly NodeCheck[] = [
  checkBridges,
  checkHypervisors,
  checkFolders,
  checkLog,
  checkRestarts,
  checkSupervisor,
  checkUnits,
  checkCertificate,
];
