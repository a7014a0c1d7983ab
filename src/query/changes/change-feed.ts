import { GantryError } from '../../base/index.ts';
import { type Collection, type Config, type ConfigSnapshot, changedObjects } from '../../store/index.ts';
import type { Change, ChangeBatch } from './change.ts';
import { LiveLog } from './live-log.ts';
import { SnapshotHistory } from './snapshot-history.ts';

/** Where changes come from. */
export interface ChangeSources {
  readonly config: Pick<Config, 'current' | 'moved'>;
  /** What changes beside the configuration. Calls back until the returned function is called. */
  readonly live?: (tell: (kind: LiveKind, key: string, type: Change['type']) => void) => () => void;
}

export interface ChangeLimits {
  /** Snapshots that are kept for readers who were away; they share what did not change between them. */
  readonly snapshots: number;
  /** Objects of each kind of which the last live change is kept. */
  readonly live: number;
  /** Changes in one batch; whoever has missed more looks at everything. */
  readonly batch: number;
}

const defaultLimits: ChangeLimits = { snapshots: 256, live: 20_000, batch: 1000 };

type Configured = Collection<{ readonly uuid: string }>;
const collections = {
  node: (config: ConfigSnapshot): Configured => config.nodes,
  group: (config: ConfigSnapshot): Configured => config.groups,
  network: (config: ConfigSnapshot): Configured => config.networks,
  instance: (config: ConfigSnapshot): Configured => config.instances,
};
const liveKinds = ['node', 'instance', 'job'] as const;
/** Reports of nodes change what is known of nodes and instances; jobs are not in the configuration at all. */
export type LiveKind = (typeof liveKinds)[number];

interface Place {
  readonly config: ConfigSnapshot;
  /** Number in the log of live changes. */
  readonly live: number;
}

/** Changes of objects, kind by kind, for any number of readers. Nothing is kept for a reader but his place. */
export class ChangeFeed {
  readonly #config: ChangeSources['config'];
  readonly #limits: ChangeLimits;
  readonly #history: SnapshotHistory;
  readonly #logs: ReadonlyMap<string, LiveLog>;
  readonly #closing = new AbortController();

  constructor({ config, live }: ChangeSources, limits: Partial<ChangeLimits> = {}) {
    this.#config = config;
    this.#limits = { ...defaultLimits, ...limits };
    this.#history = new SnapshotHistory(config, this.#limits.snapshots, this.#closing.signal);
    this.#logs = new Map(liveKinds.map((kind) => [kind, new LiveLog(this.#limits.live)]));
    const stop = live?.((kind, key, type) => this.#logs.get(kind)?.add(key, type, config.current.revision));
    this.#closing.signal.addEventListener('abort', () => stop?.(), { once: true });
  }

  /**
   * What happens to the objects of a kind after a revision of the configuration; undefined: from now on. A batch comes when
   * something has happened; for a slow reader the next one has all that he missed, each object once. Ends when `signal` aborts
   * or the feed is closed.
   * @throws QUERY_KIND_WITHOUT_CHANGES
   */
  changes(kind: string, since: number | undefined, signal: AbortSignal): AsyncIterable<ChangeBatch> {
    const collectionOf = Object.hasOwn(collections, kind) ? collections[kind as keyof typeof collections] : undefined;
    const log = this.#logs.get(kind) ?? new LiveLog(0);
    if (!collectionOf && !this.#logs.has(kind)) throw new GantryError('QUERY_KIND_WITHOUT_CHANGES', { kind });
    const config = since === undefined ? this.#config.current : this.#history.at(since);
    const live = since === undefined ? log.newest : log.before(since);
    const start = config && live !== undefined ? { config, live } : undefined;
    return this.#follow(collectionOf ?? (() => undefined), log, start, AbortSignal.any([signal, this.#closing.signal]));
  }

  /** Ends all readers. */
  close(): void {
    this.#closing.abort();
  }

  async *#follow(
    collectionOf: (config: ConfigSnapshot) => Configured | undefined,
    log: LiveLog,
    start: Place | undefined,
    ending: AbortSignal,
  ): AsyncGenerator<ChangeBatch, void, undefined> {
    const { batch: most } = this.#limits;
    for (let seen = start; !ending.aborted; ) {
      const now: Place = { config: this.#config.current, live: log.newest };
      const { revision } = now.config;
      const changes = seen && log.after(seen.live);
      if (seen && changes) addDifferences(changes, collectionOf(seen.config), collectionOf(now.config), most);
      seen = now;
      if (!changes || changes.size > most) yield { revision, resync: true };
      else if (changes.size > 0) yield { revision, changes: [...changes].map(([key, type]) => ({ key, type })) };
      else await this.#news(now, log, ending);
    }
  }

  /** Resolves when there may be something new, or at the end. @throws STORE_UNAVAILABLE when the configuration is closed */
  async #news({ config, live }: Place, log: LiveLog, ending: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const signal = AbortSignal.any([ending, enough.signal]);
    try {
      await Promise.race([this.#config.moved(config.revision, signal), log.news(live, signal)]);
    } catch (error) {
      if (!ending.aborted) throw error;
    } finally {
      enough.abort();
    }
  }
}

/** Adds what became of configured objects, up to one more than the limit. */
function addDifferences(
  changes: Map<string, Change['type']>,
  before: Configured | undefined,
  now: Configured | undefined,
  limit: number,
): void {
  if (!before || !now) return;
  for (const { uuid, before: old, after } of changedObjects(before, now)) {
    if (changes.size > limit) return;
    changes.set(uuid, old === undefined ? 'added' : after === undefined ? 'removed' : 'changed');
  }
}
