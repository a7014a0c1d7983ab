import { rmSync } from 'node:fs';
import { type Log, writeFileAtomic } from '../../base/index.ts';
import type { JobQueue } from '../../jobs/index.ts';
import { jobStatus } from '../../model/index.ts';

/** Milliseconds. */
const every = 5000;

/**
 * Keeps a file for the monitoring agent of this host that says how many jobs are in which state, archived ones not
 * counted, and which process says so. @returns what ends it, and removes the file
 */
export function publishQueue(jobs: Pick<JobQueue, 'list'>, file: string, log: Log, interval = every): () => void {
  let written = '';
  const publish = async () => {
    const text = `${JSON.stringify({ version: 1, pid: process.pid, jobs: countByStatus(jobs) })}\n`;
    if (text === written) return;
    await writeFileAtomic(file, text, 0o644);
    written = text;
  };
  const look = () =>
    void publish().catch((error: unknown) => log.warn({ err: error, file }, 'the length of the job queue could not be published'));
  look();
  const timer = setInterval(look, interval);
  return () => {
    clearInterval(timer);
    rmSync(file, { force: true });
  };
}

function countByStatus(jobs: Pick<JobQueue, 'list'>): Record<string, number> {
  const counts: Record<string, number> = { queued: 0, waiting: 0, running: 0 };
  for (const job of jobs.list()) {
    const status = jobStatus(job);
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}
