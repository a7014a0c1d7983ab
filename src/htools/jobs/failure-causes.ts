import type { Json } from '../../base/index.ts';
import { describeError } from '../sources/luxi/luxi-client.ts';
import { withMaster } from '../sources/luxi/with-master.ts';

/** What the master tells about jobs that did not succeed: the error of the first opcode that has one. */
export async function failureCauses(path: string, jobs: readonly number[]): Promise<string[]> {
  const rows = await withMaster(path, (master) => master.call('QueryJobs', [[...jobs], ['opstatus', 'opresult']]));
  return jobs.map((job, k) => {
    const [states, results] = listOf(listOf(rows)[k]);
    const at = listOf(states).indexOf('error');
    return `job ${job}: ${at < 0 ? 'no opcode has an error' : describeError(listOf(results)[at] ?? null)}`;
  });
}

const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : []);
