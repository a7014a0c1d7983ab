import { GantryError, type Json } from '../../base/index.ts';
import type { JobAnswer, JobPort } from '../../execution/index.ts';
import { withMaster } from '../sources/luxi/with-master.ts';
import { failureCause } from './failure-cause.ts';

/** The queue of a Ganeti master, at its socket. Each question has a connection of its own: the master may restart meanwhile. */
export function luxiQueue(path: string): JobPort {
  const query = async (jobs: readonly number[], fields: readonly string[]): Promise<(readonly Json[])[]> => {
    const rows = listOf(await withMaster(path, (master) => master.call('QueryJobs', [[...jobs], [...fields]])));
    return jobs.map((_, k) => listOf(rows[k]));
  };
  return {
    async submit(jobs) {
      return withMaster(path, async (master) => {
        try {
          const answers = listOf(await master.call('SubmitManyJobs', [jobs as Json]));
          return jobs.map((_, k) => jobAnswer(answers[k]));
        } catch (error) {
          const { code, message } = GantryError.from(error);
          if (code !== 'HTOOLS_LUXI_UNREACHABLE') throw error;
          return jobs.map(() => ({ lost: message }));
        }
      });
    },
    async states(jobs) {
      return (await query(jobs, ['status'])).map(([status]) => (typeof status === 'string' ? status : undefined));
    },
    async cancel(job) {
      await withMaster(path, (master) => master.call('CancelJob', [job]));
    },
    async causes(jobs) {
      const rows = await query(jobs, ['opstatus', 'opresult']);
      return jobs.map((job, k) => failureCause(job, rows[k]?.[0], rows[k]?.[1]));
    },
  };
}

function jobAnswer(answer: Json | undefined): JobAnswer {
  if (answer === undefined) return { lost: 'its answer has fewer jobs than were submitted' };
  const [taken, result] = listOf(answer);
  return taken === true ? { taken: Number(result) } : { refused: String(result ?? answer) };
}

const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : []);
