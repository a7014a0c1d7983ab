import { readFile } from 'node:fs/promises';
import { type Json, systemClock } from '../../base/index.ts';
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

/** Unfinished jobs that do nothing but this to an instance, by its name. */
export async function jobsUnderWay(client: Pick<ClusterClient, 'query'>, opcode: string): Promise<ReadonlyMap<string, number>> {
  const unfinished = ['queued', 'waiting', 'running'].map((status): Json => ['=', 'status', status]);
  const rows = await client.query('jobs', ['id', 'ops'], ['|', ...unfinished]);
  return new Map(
    rows.flatMap(({ id, ops }): [string, number][] => {
      const [first, ...others] = ops as readonly Row[];
      return first?.['OP_ID'] === opcode && others.length === 0 ? [[String(first['instance_name']), Number(id)]] : [];
    }),
  );
}

/**
 * Submits one job for each instance and waits for all.
 * @param seconds after which what is not done is given up on
 * @param underWay jobs that do the same already, by instance: they are waited for, and none is added
 * @returns the names of those whose job did not succeed
 */
export async function forEachInstance(
  client: Pick<ClusterClient, 'submit' | 'job'>,
  instances: readonly Row[],
  opcode: (name: string) => Row,
  seconds: number,
  underWay: ReadonlyMap<string, number> = new Map(),
): Promise<string[]> {
  const deadline = performance.now() + seconds * 1000;
  const outcomes = instances.map(async (row) => {
    const name = String(row['name']);
    const id = underWay.get(name) ?? (await client.submit([opcode(name)]));
    return (await jobSucceeds(client, id, deadline)) ? [] : [name];
  });
  return (await Promise.all(outcomes)).flat();
}

/** Waits for the end of a job until `deadline` (of `performance.now()`). */
export async function jobSucceeds(client: Pick<ClusterClient, 'job'>, id: number, deadline: number): Promise<boolean> {
  while (performance.now() < deadline) {
    const job = await client.job(id);
    if (isFinal(job)) return job.status === 'success';
    await systemClock.sleep(250);
  }
  return false;
}
