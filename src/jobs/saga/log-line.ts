import type { Log } from '../../base/index.ts';
import { logged } from '../record/job-changes.ts';
import type { JobRecord } from '../record/job-record.ts';
import { jobTime } from '../record/job-time.ts';
import type { SagaHost } from './saga-host.ts';

/** Appends a line to the log of an opcode. Nobody waits for it; it is written before what follows it. */
export function logLine(
  host: Pick<SagaHost, 'writer' | 'clock' | 'signal'> & { log: Log },
  record: JobRecord,
  index: number,
  text: string,
): void {
  host.writer.change(record, logged(index, text, jobTime(host.clock.now()))).catch((error: unknown) => {
    // After a stop the next master writes the log.
    if (!host.signal.aborted) host.log.warn({ err: error, job: record.id, text }, 'a line of a job log was not stored');
  });
}
