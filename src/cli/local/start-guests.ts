import type { ClusterClient, Row } from '../connect/cluster-client.ts';
import { countOf, forEachInstance, jobsUnderWay } from './local-client.ts';
import type { ProgressSteps } from './progress-steps.ts';

const limitSeconds = 180;

const isEmpty = (failed: readonly string[]): boolean => failed.length === 0;

/** After `down` and after a reboot: what should run is started, each by a job of its own. */
export async function startGuests(steps: ProgressSteps, client: ClusterClient): Promise<void> {
  const wanted = (row: Row) => row['admin_state'] === 'up' && row['oper_state'] !== true;
  const instances = (await client.list('instances')).filter(wanted);
  if (instances.length === 0) return;
  const startup = (name: string) => ({ OP_ID: 'OP_INSTANCE_STARTUP', instance_name: name, no_remember: true });
  // The master's watcher may have seen them first.
  const start = async () => forEachInstance(client, instances, startup, limitSeconds, await jobsUnderWay(client, 'OP_INSTANCE_STARTUP'));
  const failed = await steps.step(`start ${countOf(instances)}`, start, isEmpty);
  if (failed.length > 0) steps.note(`    did not start: ${failed.join(', ')}; see "gantry job list --error"`);
}
