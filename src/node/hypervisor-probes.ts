import { type Clock, GantryError } from '../base/index.ts';
import type { NodeInfo } from '../rpc/index.ts';
import type { Hypervisor } from './hypervisor/hypervisor.ts';

type Probe = NodeInfo['hypervisors'][string];

const retryMs = 60_000;
const patienceMs = 5_000;

/**
 * What each hypervisor said when it was last probed. The first probe may boot a guest for seconds, so nobody waits for
 * it for long; one that found a problem is repeated every minute.
 */
export function hypervisorProbes(hypervisors: ReadonlyMap<string, Hypervisor>, clock: Clock): () => Promise<Record<string, Probe>> {
  const known = new Map<string, Probe>();
  const running = new Map<string, { readonly done: Promise<void>; readonly since: number }>();

  const begin = (name: string, hypervisor: Hypervisor): Promise<void> => {
    const done = hypervisor
      .probe()
      .catch((error: unknown) => ({ version: '', accelerator: null, problem: GantryError.from(error).message }))
      .then((probe) => {
        known.set(name, probe);
      });
    running.set(name, { done, since: clock.now() });
    return done;
  };

  const refresh = (name: string, hypervisor: Hypervisor): Promise<void> => {
    const probe = known.get(name);
    const last = running.get(name);
    if (!last) return begin(name, hypervisor);
    if (probe?.problem && clock.now() - last.since > retryMs) return begin(name, hypervisor);
    return probe ? Promise.resolve() : last.done;
  };

  return async () => {
    const pending = [...hypervisors].map(([name, hypervisor]) => refresh(name, hypervisor));
    const patience = new AbortController();
    await Promise.race([Promise.all(pending), clock.sleep(patienceMs, patience.signal).catch(() => undefined)]);
    patience.abort();
    const unknown: Probe = { version: '', accelerator: null, problem: 'it is still being probed' };
    return Object.fromEntries([...hypervisors.keys()].map((name) => [name, known.get(name) ?? unknown]));
  };
}
