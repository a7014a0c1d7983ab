import { readFile, rm, rmdir } from 'node:fs/promises';
import { GantryError, run } from '../../base/index.ts';
import { parseMountTable, processesInNamespace } from '../../host/index.ts';
import { removeContext } from '../connect/contexts.ts';
import { endProcess, findDaemon, listDaemons, namespacePath, stopDaemon } from './daemon-process.ts';
import { countOf, forEachInstance, localClient } from './local-client.ts';
import type { LocalCluster } from './local-cluster.ts';
import { listNamespaces, removeNamespace } from './local-network.ts';
import { type LocalPaths, runRoot } from './local-paths.ts';
import type { ProgressSteps } from './progress-steps.ts';
import { supervisorName } from './supervisor.ts';

const guestSeconds = 30;

/**
 * Stops the guests of a cluster whose master answers, as their power buttons would, without recording that they shall be
 * down: the next `up` starts them again. What cannot be stopped so is ended with its node.
 */
export async function stopGuests(cluster: LocalCluster, steps: ProgressSteps): Promise<void> {
  if (!(await findDaemon(cluster.paths.runDir, 'master'))) return;
  const client = await localClient(cluster);
  try {
    const running = (await client.list('instances')).filter((row) => row['oper_state'] === true);
    if (running.length === 0) return;
    const shutdown = (name: string) => ({ OP_ID: 'OP_INSTANCE_SHUTDOWN', instance_name: name, timeout: guestSeconds, no_remember: true });
    const stop = () => forEachInstance(client, running, shutdown, guestSeconds + 15);
    const failed = await steps.step(`stop ${countOf(running)}`, stop, (names) => names.length === 0);
    if (failed.length > 0) steps.note(`    did not shut down in time: ${failed.join(', ')}`);
  } catch (error) {
    // A cluster whose master does not answer must be stoppable too.
    steps.note(`    the guests could not be asked to stop: ${GantryError.from(error).message}`);
  } finally {
    client.close();
  }
}

/**
 * Ends every process of the cluster and removes its network and its run-time files, whatever of it there is. Works by
 * names alone, so that it also clears up after a start that was killed.
 * @throws LOCAL_PROCESS_STAYS
 */
export async function takeDown(paths: LocalPaths): Promise<void> {
  // Before all others, so that it does not start them again.
  await stopDaemon(paths.runDir, supervisorName);
  // The master first, so that it does not see its nodes vanish and act on it.
  await stopDaemon(paths.runDir, 'master');
  await Promise.all((await listDaemons(paths.runDir)).map((name) => stopDaemon(paths.runDir, name)));
  const namespaces = await listNamespaces(paths);
  for (const name of namespaces) await endProcessesIn(name);
  for (const name of namespaces) await removeNamespace(name);
  await unmountBelow(paths.runDir);
  await rm(paths.runDir, { recursive: true, force: true });
  await rmdir(runRoot).catch(ifOthersUseIt);
}

/** Instances, and daemons that nobody wrote down. */
async function endProcessesIn(namespace: string): Promise<void> {
  const inside = await processesInNamespace(namespacePath(namespace));
  await Promise.all(inside.map((identity) => endProcess(identity, `in namespace ${namespace}`, 10_000)));
}

/**
 * Removes the data of a cluster that is down, and its entry in the user's list of clusters.
 * @throws LOCAL_PURGE_INCOMPLETE
 */
export async function purge(name: string, paths: LocalPaths): Promise<void> {
  await unmountBelow(paths.stateDir);
  await rm(paths.stateDir, { recursive: true, force: true });
  await removeContext(name);
  const left = await listNamespaces(paths);
  if (left.length > 0) throw new GantryError('LOCAL_PURGE_INCOMPLETE', { name, left: left.join(', ') });
}

async function unmountBelow(dir: string): Promise<void> {
  const points = parseMountTable(await readFile('/proc/self/mounts', 'latin1'))
    .map(({ mountPoint }) => mountPoint)
    .filter((point) => point.startsWith(`${dir}/`));
  for (const point of points.reverse()) await run('umount', [point]);
}

function ifOthersUseIt(error: NodeJS.ErrnoException): void {
  if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
}
