import { hostname } from 'node:os';
import { createLog, GantryError, systemClock } from '../../base/index.ts';
import { campaign, currentLeader, type Leadership, requireKnownVersion, type Store } from '../../store/index.ts';

const leaseSeconds = 10;
/** Longer than the lease of an earlier run of the command that was killed. */
const patienceMs = 15_000;

/**
 * Leads in place of a master for the time of `work`, so that none begins to work on the store.
 * @throws STORE_IN_USE while a master leads, STORE_VERSION_NEWER, and what `work` throws
 */
export async function leadAlone<T>(store: Store, work: (leadership: Leadership) => Promise<T>): Promise<T> {
  const name = `${hostname()} (gantry store)`;
  const leader = await currentLeader(store);
  if (leader && leader.name !== name) throw new GantryError('STORE_IN_USE', { leader: leader.name });
  const log = createLog('store', { level: 'warn' });
  const signal = AbortSignal.timeout(patienceMs);
  const check = () => requireKnownVersion(store);
  const options = { name, ttlSeconds: leaseSeconds, clock: systemClock, log, signal, inThread: true, check };
  const leadership = await campaign(store, options).catch(async (error: unknown) => {
    if (!signal.aborted) throw error;
    throw new GantryError('STORE_IN_USE', { leader: (await currentLeader(store))?.name ?? name });
  });
  try {
    return await work(leadership);
  } finally {
    await leadership.resign();
  }
}
