import { readFile } from 'node:fs/promises';
import { systemClock } from '../../base/index.ts';
import { type ClusterClient, createClusterClient, namesInList, type Row } from '../connect/cluster-client.ts';
import { isFinal } from '../connect/job-reply.ts';
import type { LocalCluster } from './local-cluster.ts';

export const restUrl = ({ port }: Pick<LocalCluster, 'port'>): string => `https://127.0.0.1:${port}`;

/** A client of the REST API of the local cluster; its files must be there. */
export async function localClient(cluster: LocalCluster): Promise<ClusterClient> {
  const [user = '', password = ''] = (await readFile(cluster.paths.credentials, 'utf8')).trim().split(' ');
  const ca = await readFile(cluster.paths.ca, 'utf8');
  return createClusterClient({ url: new URL(restUrl(cluster)), ca, caFile: cluster.paths.ca, credentials: { user, password } });
}

/** The names of all instances; undefined when the master does not answer. */
export async function instanceNames(cluster: LocalCluster): Promise<readonly string[] | undefined> {
  let client: ClusterClient | undefined;
  try {
    client = await localClient(cluster);
    return namesInList(await client.http.request('GET', '/2/instances', { timeoutMs: 5000 }));
  } catch {
    return undefined;
  } finally {
    client?.close();
  }
}

export const countOf = (instances: readonly unknown[]): string => `${instances.length} instance${instances.length === 1 ? '' : 's'}`;

/**
 * Submits one job for each instance and waits for all.
 * @param seconds after which what is not done is given up on
 * @returns the names of those whose job did not succeed
 */
export async function forEachInstance(
  client: ClusterClient,
  instances: readonly Row[],
  opcode: (name: string) => Row,
  seconds: number,
): Promise<string[]> {
  const deadline = performance.now() + seconds * 1000;
  const outcomes = instances.map(async (row) => {
    const name = String(row['name']);
    const id = await client.submit([opcode(name)]);
    return (await jobSucceeds(client, id, deadline)) ? [] : [name];
  });
  return (await Promise.all(outcomes)).flat();
}

/** Waits for the end of a job until `deadline` (of `performance.now()`). */
export async function jobSucceeds(client: ClusterClient, id: number, deadline: number): Promise<boolean> {
  while (performance.now() < deadline) {
    const job = await client.job(id);
    if (isFinal(job)) return job.status === 'success';
    await systemClock.sleep(250);
  }
  return false;
}
