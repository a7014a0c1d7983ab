import { isAlive } from '../../host/index.ts';
import { nodeFileNames, SupervisorFile } from '../../model/index.ts';
import { finding } from '../../rpc/index.ts';
import type { NodeCheck } from './node-check.ts';
import { readNodeFile } from './read-node-file.ts';

/** A supervisor of this node's daemons leaves its identity in the run-time folder, and takes it away when it ends in order. */
export const checkSupervisor: NodeCheck = async ({ runDir }) => {
  const known = runDir === undefined ? undefined : await readNodeFile(runDir, nodeFileNames.supervisor, SupervisorFile);
  if (known === undefined || (await isAlive(known))) return [];
  return [finding('VERIFY_SUPERVISOR_DEAD', 'supervisor', { cluster: known.cluster })];
};
