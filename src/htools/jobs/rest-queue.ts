import { randomUUID } from 'node:crypto';
import { GantryError, mayHaveBeenSent, repeatLost, systemClock } from '../../base/index.ts';
import type { Job, JobAnswer, JobPort } from '../../execution/index.ts';
import type { HttpAnswer } from '../sources/http-ask.ts';
import { asRecord, parseJson } from '../sources/json-text.ts';
import type { RapiAccess } from '../sources/rapi/rapi-access.ts';
import { rapiServer } from '../sources/rapi/rapi-server.ts';
import { failureCause } from './failure-cause.ts';

/**
 * The queue of a Gantry master, over its REST interface: Ganeti's takes no jobs of any opcodes there. When the answer
 * to a job is lost, it is sent again under the same key, so that it is one job whatever had arrived.
 */
export function restQueue(address: string, access: RapiAccess, sleep: (ms: number) => Promise<unknown> = systemClock.sleep): JobPort {
  const server = rapiServer(address, access);
  const read = async (job: number): Promise<Readonly<Record<string, unknown>> | undefined> => {
    const { status, body, place } = await server.ask(`2/jobs/${job}`);
    if (status === 404) return undefined;
    // While another master takes over, a server may answer so for a moment.
    if (status >= 500) throw new GantryError('HTOOLS_RAPI_UNREACHABLE', { place, detail: `status ${status}` });
    if (status !== 200) throw new GantryError('HTOOLS_RAPI_REFUSED', { place, status });
    return asRecord(parseJson(body, place));
  };
  const post = async (ops: Job): Promise<JobAnswer> => {
    const headers = { 'idempotency-key': randomUUID() };
    const send = () => server.ask('2/jobs', { ops }, headers).then(jobAnswer, failedPost);
    const { answer, isLost } = await repeatLost(send, verdictOf, sleep);
    // What refuses it in the end does not tell what became of it before.
    return isLost && 'refused' in answer ? { lost: answer.refused } : answer;
  };
  return {
    async submit(jobs) {
      const answers: JobAnswer[] = [];
      for (const ops of jobs) {
        const answer = await post(ops);
        answers.push(answer);
        if (!('taken' in answer)) break;
      }
      return answers;
    },
    async states(jobs) {
      const rows = await Promise.all(jobs.map(read));
      return rows.map((row) => (typeof row?.['status'] === 'string' ? row['status'] : undefined));
    },
    async cancel(job) {
      await server.remove(`2/jobs/${job}`);
    },
    async causes(jobs) {
      const rows = await Promise.all(jobs.map(read));
      return jobs.map((job, k) => failureCause(job, rows[k]?.['opstatus'], rows[k]?.['opresult']));
    },
  };
}

/** With whether another attempt may end otherwise. */
type PostAnswer = JobAnswer & { readonly mayPass?: boolean };

const verdictOf = (answer: PostAnswer) =>
  'taken' in answer ? undefined : { mayHaveArrived: 'lost' in answer, mayPass: answer.mayPass ?? false };

function jobAnswer({ status, body }: HttpAnswer): PostAnswer {
  if (status === 501) return { refused: 'this server accepts no jobs over REST, as that of Ganeti; use -L on its master' };
  const detail = `status ${status}: ${body}`;
  if (status === 200) return /^\d+$/.test(body) ? { taken: Number(body) } : { lost: detail };
  // Something broke on the way to the master or back, or within, unless it says that nothing was written.
  const mayPass = status >= 500;
  return mayPass && !nothingWritten.test(body) ? { lost: detail, mayPass } : { refused: detail, mayPass };
}

const nothingWritten = /\b(QUEUE_DRAINED|QUEUE_FULL|STORE_CONTENDED|FENCED)\b/;

/** Of a connection that did not come about it is known that nothing was sent. */
function failedPost(error: GantryError): PostAnswer {
  const mayPass = error.code === 'HTOOLS_RAPI_UNREACHABLE';
  return mayPass && mayHaveBeenSent(error.cause) ? { lost: error.message, mayPass } : { refused: error.message, mayPass };
}
