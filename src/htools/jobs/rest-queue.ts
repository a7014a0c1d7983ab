import { GantryError } from '../../base/index.ts';
import type { HttpAnswer } from '../sources/http-ask.ts';
import { asRecord, parseJson } from '../sources/json-text.ts';
import type { RapiAccess } from '../sources/rapi/rapi-access.ts';
import { rapiServer } from '../sources/rapi/rapi-server.ts';
import { failureCause } from './failure-cause.ts';
import type { JobAnswer, JobQueue } from './job-queue.ts';

/** The queue of a Gantry master, over its REST interface: Ganeti's takes no jobs of any opcodes there. */
export function restQueue(address: string, access: RapiAccess): JobQueue {
  const server = rapiServer(address, access);
  const read = async (job: number): Promise<Readonly<Record<string, unknown>> | undefined> => {
    const { status, body, place } = await server.ask(`2/jobs/${job}`);
    if (status === 404) return undefined;
    // While another master takes over, a server may answer so for a moment.
    if (status >= 500) throw new GantryError('HTOOLS_RAPI_UNREACHABLE', { place, detail: `status ${status}` });
    if (status !== 200) throw new GantryError('HTOOLS_RAPI_REFUSED', { place, status });
    return asRecord(parseJson(body, place));
  };
  return {
    async submit(jobs) {
      const answers: JobAnswer[] = [];
      for (const ops of jobs) {
        const answer = await server.ask('2/jobs', { ops }).then(jobAnswer, failedPost);
        answers.push(answer);
        if (!('taken' in answer)) break;
      }
      return answers;
    },
    async states(jobs) {
      const rows = await Promise.all(jobs.map(read));
      return rows.map((row) => (typeof row?.['status'] === 'string' ? row['status'] : undefined));
    },
    async causes(jobs) {
      const rows = await Promise.all(jobs.map(read));
      return jobs.map((job, k) => failureCause(job, rows[k]?.['opstatus'], rows[k]?.['opresult']));
    },
  };
}

function jobAnswer({ status, body }: HttpAnswer): JobAnswer {
  if (status === 501) return { refused: 'the server takes no jobs over REST, as that of Ganeti does not; use -L on its master' };
  const detail = `status ${status}: ${body}`;
  if (status === 200) return /^\d+$/.test(body) ? { taken: Number(body) } : { lost: detail };
  // Something broke on the way to the master or back, or within, unless it says that nothing was written.
  return status >= 500 && !nothingWritten.test(body) ? { lost: detail } : { refused: detail };
}

const nothingWritten = /\b(QUEUE_DRAINED|QUEUE_FULL|QUEUE_STOPPED|STORE_CONTENDED|FENCED)\b/;

/** Of a connection that did not come about it is known that nothing was sent. */
function failedPost(error: GantryError): JobAnswer {
  const sent = error.code === 'HTOOLS_RAPI_UNREACHABLE' && !unsent.has(String((error.cause as NodeJS.ErrnoException).code));
  return sent ? { lost: error.message } : { refused: error.message };
}

const unsent = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
