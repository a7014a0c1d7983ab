import { withMaster } from '../sources/luxi/with-master.ts';

const unfinished: ReadonlySet<unknown> = new Set(['queued', 'waiting', 'canceling', 'running']);

export const isUnfinished = (status: string | undefined): boolean => unfinished.has(status);

/**
 * Status of jobs, in their order; undefined for one that the master does not know any more.
 * @param path of the master's socket
 * @throws HTOOLS_LUXI_UNREACHABLE, HTOOLS_LUXI_REFUSED
 */
export async function jobStates(path: string, jobs: readonly number[]): Promise<(string | undefined)[]> {
  const rows = await withMaster(path, (master) => master.call('QueryJobs', [[...jobs], ['status']]));
  return jobs.map((_, k) => {
    const row: unknown = Array.isArray(rows) ? rows[k] : undefined;
    const status: unknown = Array.isArray(row) ? row[0] : undefined;
    return typeof status === 'string' ? status : undefined;
  });
}
