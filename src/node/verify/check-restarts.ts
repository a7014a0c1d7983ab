import { nodeFileNames, RestartsFile } from '../../model/index.ts';
import { finding } from '../../rpc/index.ts';
import type { NodeCheck } from './node-check.ts';
import { readNodeFile } from './read-node-file.ts';

/** After this time a restart is old news; seconds. */
const toldFor = 86_400;

/** A supervisor that starts daemons of this node again leaves word of it in the run-time folder. */
export const checkRestarts: NodeCheck = async ({ runDir }) => {
  if (runDir === undefined) return [];
  const restarts = Object.entries((await readNodeFile(runDir, nodeFileNames.restarts, RestartsFile)) ?? {});
  const since = Date.now() / 1000 - toldFor;
  return restarts
    .filter(([, { last }]) => last >= since)
    .map(([daemon, { count, last }]) => finding('VERIFY_DAEMON_RESTARTED', daemon, { count, last: new Date(last * 1000).toISOString() }));
};
