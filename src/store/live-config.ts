import { type Clock, GantryError, type Log } from '../base/index.ts';
import { keys } from '../model/index.ts';
import type { Config, ConfigDraft, ConfigSnapshot, Rider } from './config.ts';
import { ConfigState } from './config-state.ts';
import { Draft } from './draft.ts';
import type { Comparison, Store } from './store.ts';

export interface ConfigOptions {
  readonly clock: Clock;
  readonly log: Log;
}

/** A change is repeated this often if another change came first. */
const attemptsLimit = 64;
/** After this time without news the configuration is read again as a whole, see `reached`. */
const patienceMs = 250;
const retryMs = 1000;

interface Committed<T> {
  readonly result: T;
  readonly revision: number;
}

interface Waiting {
  readonly until: (state: ConfigState) => boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Loads the configuration and keeps it current.
 * @throws CLUSTER_MISSING, STORE_OBJECT_CORRUPT, STORE_VERSION_NEWER, STORE_MIGRATING, STORE_IMPORTING, STORE_UNAVAILABLE
 */
export async function openConfig(store: Store, options: ConfigOptions): Promise<Config> {
  const { entries, revision } = await store.range(keys.config);
  return new LiveConfig(store, options, ConfigState.load(entries, revision));
}

class LiveConfig implements Config {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #closing = new AbortController();
  readonly #following: Promise<void>;
  #state: ConfigState;
  #waiting: Waiting[] = [];
  /** Why the snapshot cannot be kept current any more. */
  #failure: GantryError | undefined;
  #reloading: Promise<void> | undefined;
  #repeating: Promise<void> = Promise.resolve();

  constructor(store: Store, { clock, log }: ConfigOptions, state: ConfigState) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#state = state;
    this.#following = this.#follow();
  }

  get current(): ConfigSnapshot {
    return this.#state;
  }

  rehearse(change: (draft: ConfigDraft) => void): void {
    change(new Draft(this.#state, this.#clock));
  }

  async transact<T>(change: (draft: ConfigDraft) => T, rider?: (result: T) => Rider): Promise<Committed<T>> {
    const first = await this.#attempt(change, rider);
    if (first) return first;
    // From now on one at a time: of many concurrent changes of one object only one succeeds.
    const before = this.#repeating;
    const { promise, resolve: done } = Promise.withResolvers<void>();
    this.#repeating = promise;
    await before;
    try {
      for (let attempt = 2; attempt <= attemptsLimit; attempt++) {
        const outcome = await this.#attempt(change, rider);
        if (outcome) return outcome;
      }
      throw new GantryError('STORE_CONTENDED', { attempts: attemptsLimit });
    } finally {
      done();
    }
  }

  /** Undefined when something it read had changed; the snapshot knows of that then. */
  async #attempt<T>(change: (draft: ConfigDraft) => T, rider?: (result: T) => Rider): Promise<Committed<T> | undefined> {
    if (this.#failure) throw this.#failure;
    const draft = new Draft(this.#state, this.#clock);
    const result = change(draft);
    const own = draft.transaction();
    const extra = rider?.(result) ?? { compares: [], writes: [] };
    const writes = [...own.writes, ...extra.writes];
    if (writes.length + extra.compares.length === 0) return { result, revision: draft.snapshot.revision };
    const outcome = await this.#store.transact({ compares: [...own.compares, ...extra.compares], writes });
    if (outcome.committed) {
      if (own.writes.length > 0) await this.reached(outcome.revision);
      return { result, revision: outcome.revision };
    }
    await this.#checkRider(extra.compares);
    await this.#catchUp(own.compares);
    return undefined;
  }

  /**
   * Not every store reports that nothing has changed below `/config/` up to a revision. If no news arrive, everything is read
   * once.
   */
  async reached(revision: number): Promise<void> {
    const arrival = this.#until((state) => state.revision >= revision);
    const timer = setTimeout(
      () => this.#reload().catch((error) => this.#log.warn({ err: error }, 'reading the configuration failed')),
      patienceMs,
    );
    try {
      await arrival;
    } finally {
      clearTimeout(timer);
    }
  }

  async moved(after: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const abort = () => {
      this.#waiting = this.#waiting.filter((one) => one.until !== isLater);
      aborted.reject(signal.reason);
    };
    const isLater = (state: ConfigState) => state.revision > after;
    signal.addEventListener('abort', abort);
    try {
      await Promise.race([this.#until(isLater), aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async close(): Promise<void> {
    this.#fail(new GantryError('STORE_UNAVAILABLE', { store: '(configuration)', detail: 'it was closed' }));
    this.#closing.abort();
    await this.#following;
  }

  /** If a comparison of the rider fails now, it will also fail later: revisions are never repeated. */
  async #checkRider(compares: readonly Comparison[]): Promise<void> {
    for (const { key, modRevision } of compares) {
      const entry = await this.#store.get(key);
      if ((entry?.modRevision ?? 0) !== modRevision) throw new GantryError('FENCED', { key });
    }
  }

  /** Waits until the snapshot includes the changes that caused the conflict. */
  async #catchUp(compares: readonly Comparison[]): Promise<void> {
    for (const { key, modRevision } of compares) {
      const entry = await this.#store.get(key);
      if ((entry?.modRevision ?? 0) !== modRevision) await this.#until((state) => state.modRevision(key) !== modRevision);
    }
  }

  #until(until: (state: ConfigState) => boolean): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (until(this.#state)) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ until, resolve, reject }));
  }

  #publish(state: ConfigState): void {
    this.#state = state;
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = waiting.filter(({ until, resolve }) => {
      const done = until(state);
      if (done) resolve();
      return !done;
    });
  }

  #fail(error: GantryError): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }

  async #follow(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted && !this.#failure) {
      try {
        for await (const batch of this.#store.watch(keys.config, this.#state.revision, signal)) {
          if (batch.revision > this.#state.revision) this.#publish(this.#state.apply(batch));
        }
      } catch (thrown) {
        await this.#recover(GantryError.from(thrown), signal);
      }
    }
  }

  async #recover(error: GantryError, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      if (error.code === 'STORE_COMPACTED') return await this.#reload();
    } catch (thrown) {
      return this.#recover(GantryError.from(thrown), signal);
    }
    if (error.code === 'STORE_UNAVAILABLE') {
      this.#log.warn({ err: error }, 'watching the configuration was interrupted');
      await this.#clock.sleep(retryMs, signal).catch(() => undefined);
    } else {
      this.#log.error({ err: error }, 'the configuration cannot be followed any more');
      this.#fail(error);
    }
  }

  #reload(): Promise<void> {
    this.#reloading ??= this.#load().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  async #load(): Promise<void> {
    const { entries, revision } = await this.#store.range(keys.config);
    if (revision > this.#state.revision) this.#publish(ConfigState.load(entries, revision, this.#state));
  }
}
