import { GantryError } from '../../base/index.ts';
import type { ClusterClient } from '../connect/cluster-client.ts';
import { isFinal, type JobReply } from '../connect/job-reply.ts';
import { exitCodes } from '../exit-codes.ts';
import type { ProgressView } from './progress-view.ts';

/** For how long a lost connection is tried again. */
const retrySeconds = 60;

type Known = Parameters<ClusterClient['waitForJob']>[1];

/**
 * Follows a job until it has ended and returns it. Ctrl-C ends the program and leaves the job running; a second one ends it
 * at once. While the connection is lost (a new master takes over) it is tried again for a minute.
 * @param seconds for how long a lost connection is tried again
 * @throws what the cluster reports, CLI_JOB_LOST_SIGHT
 */
export async function followJob(client: ClusterClient, id: number, view: ProgressView, seconds: number = retrySeconds): Promise<JobReply> {
  const release = leaveOnInterrupt(id, view);
  try {
    view.begin(id);
    let known: Known = { values: null, logSerial: 0 };
    for (let ended = false; !ended; ) {
      const update = await nextUpdate(client, id, known, view, seconds);
      if (!update) continue;
      for (const line of update.log) view.log(line);
      view.update(update);
      known = { values: update.known, logSerial: update.log.at(-1)?.[0] ?? known.logSerial, seen: update.seen };
      ended = isFinal(update);
    }
    const job = await client.job(id);
    view.end(job);
    return job;
  } finally {
    view.close();
    release();
  }
}

async function nextUpdate(client: ClusterClient, id: number, known: Known, view: ProgressView, seconds: number) {
  const since = performance.now();
  for (let pause = 200; ; pause = Math.min(pause * 2, 3000)) {
    try {
      return await client.waitForJob(id, known);
    } catch (error) {
      const lost = error instanceof GantryError && ['CLI_CLUSTER_UNREACHABLE', 'TIMED_OUT'].includes(error.code);
      if (!lost) throw error;
      if (performance.now() - since >= seconds * 1000)
        throw new GantryError('CLI_JOB_LOST_SIGHT', { job: id, seconds, detail: error.message });
      view.note(`connection lost, trying again (job ${id} continues meanwhile)`);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** The first Ctrl-C says how to go on, the program ends with 130; one that comes while that is printed ends it at once. */
function leaveOnInterrupt(id: number, view: ProgressView): () => void {
  let interrupted = false;
  const onInterrupt = () => {
    if (interrupted) process.exit(exitCodes.interrupted);
    interrupted = true;
    view.close();
    const text = `Job ${id} continues. Follow it with: gantry job watch ${id}   cancel it with: gantry job cancel ${id}\n`;
    process.stderr.write(text, () => process.exit(exitCodes.interrupted));
  };
  process.on('SIGINT', onInterrupt);
  return () => process.off('SIGINT', onInterrupt);
}
