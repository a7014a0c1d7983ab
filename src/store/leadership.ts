import { type Clock, GantryError, type Log } from '../base/index.ts';
import { keys } from '../model/index.ts';
import type { Rider } from './config.ts';
import type { Comparison, Lease, Store } from './store.ts';

export interface CampaignOptions {
  /** Who leads, for people: the name of the node. */
  readonly name: string;
  /** After this time without a sign of life another one takes over. */
  readonly ttlSeconds: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Stops waiting for the leadership; does not end one that was won. */
  readonly signal: AbortSignal;
}

/** One term as the leader. */
export interface Leadership {
  /** Number of the term, higher than all before: the revision that made us the leader. */
  readonly term: number;
  /** Holds only during this term; goes into every transaction of the leader. */
  readonly compare: Comparison;
  /** `compare` in the form that `Config.transact` takes. */
  rider(): Rider;
  /** Resolves when the term has ended against our will. Nothing of ours is written from then on. */
  readonly lost: Promise<void>;
  /** Ends the term at once, so that another one can take over without waiting. */
  resign(): Promise<void>;
}

/** Who leads the cluster, as written under the key of the leader. */
export interface LeaderRecord {
  readonly name: string;
  /** Seconds since 1970. */
  readonly since: number;
}

const retryMs = 1000;

/**
 * Waits until this process is the leader.
 * @throws the signal's reason when it aborts first; anything of the store but STORE_UNAVAILABLE, which is waited for
 */
export async function campaign(store: Store, options: CampaignOptions): Promise<Leadership> {
  const { clock, log, signal } = options;
  for (;;) {
    signal.throwIfAborted();
    try {
      await vacancy(store, signal);
      const won = await stand(store, options);
      if (won) return won;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof GantryError) || error.code !== 'STORE_UNAVAILABLE') throw error;
      log.warn({ err: error }, 'waiting for the leadership was interrupted');
      await clock.sleep(retryMs, signal);
    }
  }
}

/** Name of the leader of the moment, if there is one. */
export async function currentLeader(store: Store): Promise<(LeaderRecord & { readonly term: number }) | undefined> {
  const entry = await store.get(keys.leader);
  return entry && { ...(JSON.parse(entry.value) as LeaderRecord), term: entry.createRevision };
}

/** Resolves when nobody leads. */
async function vacancy(store: Store, signal: AbortSignal): Promise<void> {
  const { entries, revision } = await store.range(keys.leader);
  if (!entries.some(({ key }) => key === keys.leader)) return;
  for await (const { events } of store.watch(keys.leader, revision, signal)) {
    if (events.some((event) => event.type === 'delete' && event.key === keys.leader)) return;
  }
}

async function stand(store: Store, options: CampaignOptions): Promise<Leadership | undefined> {
  const { name, ttlSeconds, clock, log } = options;
  const lease = await store.grantLease(ttlSeconds);
  const value = JSON.stringify({ name, since: clock.now() / 1000 } satisfies LeaderRecord);
  const outcome = await store.transact({
    compares: [{ key: keys.leader, modRevision: 0 }],
    writes: [{ type: 'put', key: keys.leader, value, leaseId: lease.id }],
  });
  if (!outcome.committed) {
    await lease.revoke();
    return undefined;
  }
  log.info({ term: outcome.revision }, 'this master leads');
  return lead(store, lease, outcome.revision, options);
}

function lead(store: Store, lease: Lease, term: number, { ttlSeconds, clock, log }: CampaignOptions): Leadership {
  const compare = { key: keys.leader, modRevision: term };
  const resigning = new AbortController();
  const { promise: lost, resolve: lose } = Promise.withResolvers<void>();
  const keeping = keepTerm({ store, lease, term, ttlMs: ttlSeconds * 1000, clock, log, signal: resigning.signal }).then((reason) => {
    if (resigning.signal.aborted) return;
    log.error({ term, reason }, 'the leadership is lost');
    lose();
  });
  return {
    term,
    compare,
    rider: () => ({ compares: [compare], writes: [] }),
    lost,
    async resign() {
      if (resigning.signal.aborted) return;
      resigning.abort();
      await keeping;
      await lease.revoke();
    },
  };
}

interface Term {
  readonly store: Store;
  readonly lease: Lease;
  readonly term: number;
  readonly ttlMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Prolongs the lease three times in its time; resolves with the reason when the term is over, or when told to stop. */
async function keepTerm({ store, lease, term, ttlMs, clock, log, signal }: Term): Promise<string> {
  let provenAt = clock.now();
  for (;;) {
    try {
      await clock.sleep(ttlMs / 3, signal);
      const asked = clock.now();
      await lease.keepAlive();
      const entry = await store.get(keys.leader);
      if (entry?.modRevision !== term) return 'another one leads';
      provenAt = asked;
    } catch (error) {
      if (signal.aborted) return 'resigned';
      if (error instanceof GantryError && error.code === 'STORE_LEASE_UNKNOWN') return 'the lease has run out';
      log.warn({ err: error }, 'the leadership could not be prolonged');
      if (clock.now() - provenAt >= ttlMs) return 'the store did not answer in time';
      await clock.sleep(Math.min(retryMs, ttlMs / 10), signal).catch(() => undefined);
    }
  }
}
