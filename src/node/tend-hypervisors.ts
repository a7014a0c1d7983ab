import type { Clock, Log } from '../base/index.ts';
import type { Hypervisor } from './hypervisor/hypervisor.ts';

const everyMs = 5000;

/** Looks after the instances of all hypervisors, at once and then every few seconds, until the result is called. */
export function tendHypervisors(hypervisors: Iterable<Hypervisor>, clock: Clock, log: Log): () => Promise<void> {
  const all = [...hypervisors];
  const ended = new AbortController();
  const loop = async () => {
    while (!ended.signal.aborted) {
      await Promise.all(all.map(async (hypervisor) => hypervisor.tend?.()));
      await clock.sleep(everyMs, ended.signal);
    }
  };
  loop().catch((error: unknown) => {
    if (!ended.signal.aborted) log.error({ err: error }, 'the instances are no longer checked');
  });
  return async () => {
    ended.abort();
    await Promise.all(all.map(async (hypervisor) => hypervisor.close?.()));
  };
}
