import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finding } from '../../rpc/index.ts';
import type { NodeCheck } from './node-check.ts';

/** After this time a restart is old news; seconds. */
const toldFor = 86_400;

/** A supervisor that starts daemons of this node again leaves word of it in the run-time folder. */
export const checkRestarts: NodeCheck = async ({ runDir }) => {
  if (runDir === undefined) return [];
  const text = await readFile(join(runDir, 'restarts.json'), 'utf8').catch(() => '{}');
  const restarts = Object.entries(JSON.parse(text) as Record<string, { count: number; last: number }>);
  const since = Date.now() / 1000 - toldFor;
  return restarts
    .filter(([, { last }]) => last >= since)
    .map(([daemon, { count, last }]) => finding('VERIFY_DAEMON_RESTARTED', daemon, { count, last: new Date(last * 1000).toISOString() }));
};
