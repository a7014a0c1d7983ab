import { type Clock, GantryError, type Log } from '../base/index.ts';
import { keys } from '../model/index.ts';
import type { Rider } from './config.ts';
import { type LeaseKeeper, startLeaseKeeper } from './lease-keeper.ts';
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
  /** Asked each time before it takes the leadership; what it throws ends the campaign. */
  readonly check?: () => Promise<void>;
  /** Prolong the lease in a thread of its own, so that a busy event loop does not lose it; default no. */
  readonly inThread?: boolean;
}

/** One term as the leader. */
export interface Leadership {
  /** Number of the term, higher than all before: the revision that made us the leader. */
  readonly term: number;
  /** Holds only during this term; goes into every transaction of the leader. */
  readonly compare: Comparison;
  /** `compare` in the form that `Config.transact` takes. */
  rider(): Rider;
  /** Why it is not certain at the moment that this master still leads; undefined if it is certain. Very cheap. */
  doubt(): GantryError | undefined;
  /** Resolves with the reason when the term was lost. From then on this master writes nothing. */
  readonly lost: Promise<GantryError>;
  /** Ends the term for a reason that somebody else has found: a write did not hold. The first reason stays. */
  lose(reason: GantryError): void;
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
/** A watch may hang together with its server. So a candidate also checks at this interval whether there is a leader. */
const lookMs = 5000;
/** Temporary errors: a candidate waits until they end. */
const passing = new Set(['STORE_UNAVAILABLE', 'STORE_FULL', 'STORE_LEASE_UNKNOWN']);

/**
 * Waits until this process is the leader.
 * @throws the signal's reason when it aborts first; what `check` throws; every error of the store, except that it cannot be reached or is full
 */
export async function campaign(store: Store, options: CampaignOptions): Promise<Leadership> {
  const { clock, log, signal } = options;
  for (;;) {
    signal.throwIfAborted();
    try {
      await vacancy(store, clock, signal);
      await options.check?.();
      const won = await stand(store, options);
      if (won) return won;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof GantryError) || !passing.has(error.code)) throw error;
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
async function vacancy(store: Store, clock: Clock, signal: AbortSignal): Promise<void> {
  for (;;) {
    const { entries, revision } = await store.range(keys.leader);
    if (!entries.some(({ key }) => key === keys.leader)) return;
    const look = new AbortController();
    const either = AbortSignal.any([signal, look.signal]);
    const timer = clock.sleep(lookMs, either).then(
      () => look.abort(),
      () => undefined,
    );
    try {
      if (await isVacated(store, revision, either)) return;
      signal.throwIfAborted();
    } finally {
      look.abort();
      await timer;
    }
  }
}

async function isVacated(store: Store, after: number, signal: AbortSignal): Promise<boolean> {
  for await (const { events } of store.watch(keys.leader, after, signal)) {
    if (events.some((event) => event.type === 'delete' && event.key === keys.leader)) return true;
  }
  return false;
}

async function stand(store: Store, options: CampaignOptions): Promise<Leadership | undefined> {
  const { name, ttlSeconds, clock, log } = options;
  const asked = clock.now();
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
  return lead(new Term(store, lease, outcome.revision, asked, options), options);
}

function lead(term: Term, { log }: CampaignOptions): Leadership {
  const compare = { key: keys.leader, modRevision: term.number };
  const resigning = new AbortController();
  const { promise: lost, resolve } = Promise.withResolvers<GantryError>();
  let end: GantryError | undefined;
  const lose = (reason: GantryError) => {
    if (end) return;
    end = reason;
    log.error({ term: term.number, err: reason }, 'the leadership is lost');
    resolve(reason);
  };
  const keeping = term.keep(resigning.signal).then((reason) => reason && lose(reason));
  return {
    term: term.number,
    compare,
    rider: () => ({ compares: [compare], writes: [] }),
    doubt: () => end ?? term.doubt(),
    lost,
    lose,
    async resign() {
      if (resigning.signal.aborted) return;
      resigning.abort();
      await keeping;
      await term.end();
    },
  };
}

/** The time of one leader, and what is known of it. */
class Term {
  readonly number: number;
  readonly #store: Store;
  readonly #lease: Lease;
  readonly #ttlMs: number;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #keeper: LeaseKeeper | undefined;
  /** When we requested the last renewal that certainly succeeded; in monotonic time. */
  #provenAt: number;
  /** Why the last attempts failed. */
  #trouble: GantryError | undefined;

  constructor(store: Store, lease: Lease, term: number, provenAt: number, { ttlSeconds, clock, log, inThread }: CampaignOptions) {
    this.#store = store;
    this.#lease = lease;
    this.number = term;
    this.#provenAt = provenAt;
    this.#ttlMs = ttlSeconds * 1000;
    this.#clock = clock;
    this.#log = log;
    this.#keeper = inThread && lease.remote ? startLeaseKeeper(lease.remote, { ttlMs: this.#ttlMs, log }) : undefined;
  }

  doubt(): GantryError | undefined {
    const age = this.#ageMs();
    return age < this.#ttlMs ? undefined : (this.#trouble ?? this.#paused(age));
  }

  /** Prolongs the lease three times in its time; resolves with the reason when the term is over, without one when told to stop. */
  async keep(signal: AbortSignal): Promise<GantryError | undefined> {
    const calmMs = this.#ttlMs / 3;
    for (let pauseMs = calmMs; ; ) {
      try {
        await this.#clock.sleep(pauseMs, signal);
        const reason = await this.#prove();
        if (reason) return reason;
        pauseMs = calmMs;
      } catch (error) {
        if (signal.aborted) return undefined;
        if (error instanceof GantryError && error.code === 'STORE_LEASE_UNKNOWN') return this.#reasonOfEnd();
        this.#trouble = GantryError.from(error);
        this.#log.warn({ err: error }, 'the leadership could not be prolonged');
        // While the store does not answer, it is unknown who leads. Every write succeeds only in our term, and doubt() reports it.
        // A pause as long as the usual one on top of a call that took its time would let the lease run out.
        pauseMs = Math.min(retryMs, this.#ttlMs / 10);
      }
    }
  }

  async end(): Promise<void> {
    await this.#keeper?.close();
    try {
      await this.#lease.revoke();
    } catch (error) {
      this.#log.warn({ err: error, seconds: this.#ttlMs / 1000 }, 'the leadership could not be released; it ends with its lease');
    }
  }

  async #prove(): Promise<GantryError | undefined> {
    const asked = this.#clock.now();
    const behind = (this.#keeper?.ageMs() ?? Infinity) > this.#ttlMs / 2;
    if (behind) await this.#lease.keepAlive();
    const entry = await this.#store.get(keys.leader);
    if (!entry) return this.#reasonOfEnd();
    if (entry.modRevision !== this.number) return new GantryError('MASTER_STANDS_BY', { reason: 'another master leads' });
    if (behind) this.#provenAt = asked;
    this.#trouble = undefined;
    return undefined;
  }

  #ageMs(): number {
    return Math.min(this.#clock.now() - this.#provenAt, this.#keeper?.ageMs() ?? Infinity);
  }

  #reasonOfEnd(): GantryError {
    return this.doubt() ?? new GantryError('MASTER_STANDS_BY', { reason: 'its leadership was ended' });
  }

  #paused(ageMs: number): GantryError {
    return new GantryError('MASTER_PAUSED', { seconds: Math.round(ageMs / 100) / 10, lease: this.#ttlMs / 1000 });
  }
}
