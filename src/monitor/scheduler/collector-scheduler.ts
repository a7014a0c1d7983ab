import type { Clock } from '../../base/index.ts';
import type { CollectorFacts } from '../collector/collector.ts';
import type { CollectOutcome, GoodOutcome } from '../host/collect-request.ts';
import type { CollectorHost } from '../host/collector-host.ts';
import type { ReportCache } from './report-cache.ts';

/** What can be set for one collector, also while it runs. */
export interface CollectorSettings {
  /** A collector that is not active still collects, so that its history is whole; its reports are hidden. As in Ganeti. */
  readonly active?: boolean;
  /** Seconds. */
  readonly interval?: number;
  /** Of `node-health`: name of the program that it runs. */
  readonly command?: string;
}

/** By the name of the collector. */
export type SettingsByName = ReadonlyMap<string, CollectorSettings>;

/** Where a collector stands in its schedule. */
export interface ScheduleEntry {
  readonly name: string;
  /** Seconds between collections just now: stretched, or backed off. */
  readonly interval: number;
  readonly failures: number;
  readonly running: boolean;
}

export interface CollectorScheduler {
  /** Takes in a collector that has come, or another one in place of that of the same name. */
  add(collector: CollectorFacts): void;
  remove(name: string): void;
  /** Applies all settings, also to collectors that are added later. Without a setting, the default of the collector applies. */
  configure(settings: SettingsByName): void;
  entries(): readonly ScheduleEntry[];
  close(): void;
}

export interface SchedulerParts {
  readonly collectors: readonly CollectorFacts[];
  readonly host: Pick<CollectorHost, 'collect'>;
  readonly cache: ReportCache;
  /** Must be monotonic. */
  readonly clock: Clock;
}

interface Entry {
  readonly collector: CollectorFacts;
  /** Milliseconds: as configured, and as stretched by itself. */
  base: number;
  interval: number;
  due: number;
  failures: number;
  running: boolean;
  unchanged: number;
  command: string | undefined;
}

/** Longest pause after failures, in milliseconds. */
const longestBackOff = 300_000;

/** A collection may use this share of a core before its interval stretches. */
const allowedShare = 0.01;

/** The schedule is looked at when a collector is due, at least and at most so often (ms): timers end a little early at times. */
const longestSleep = 60_000;
const shortestSleep = 1;

/** Collectors that come together begin so far (ms) apart. */
const addedApart = 100;

/** After this number of equal reports in a row the interval increases. */
const patience = 3;

/**
 * Has every collector run at its own interval. Starts are spread over the interval, so that they do not fall together. A
 * collector that fails runs again after a pause that doubles each time; the others are not affected.
 */
export function startScheduler({ collectors, host, cache, clock }: SchedulerParts): CollectorScheduler {
  const closing = new AbortController();
  let nudge = new AbortController();
  /** When the schedule is looked at next. */
  let wakes = 0;
  const begun = clock.now();
  const newEntry = (collector: CollectorFacts, due: number): Entry => {
    const base = collector.interval * 1000;
    return { collector, base, interval: base, due, failures: 0, running: false, unchanged: 0, command: undefined };
  };
  const entries = new Map(
    collectors.map((collector, place) => [
      collector.name,
      newEntry(collector, begun + (place * Math.min(collector.interval * 1000, 1000)) / collectors.length),
    ]),
  );
  /** What was set, also for collectors that come later or again. */
  let settings: SettingsByName = new Map();
  /** When the last one that came was to run first. */
  let lastAdded = begun;

  const run = async (entry: Entry) => {
    const { name, timeout } = entry.collector;
    entry.running = true;
    entry.due += entry.interval;
    const outcome = await host.collect(name, timeout * 1000, entry.command);
    if (closing.signal.aborted || entries.get(name) !== entry) return;
    entry.running = false;
    note(entry, outcome);
    // Kept to the beat, unless it has been missed.
    const now = clock.now();
    if (entry.failures > 0) entry.due = now + Math.min(entry.base * 2 ** entry.failures, Math.max(longestBackOff, entry.base));
    else if (entry.due < now) entry.due = now + entry.interval;
    if (entry.due < wakes) nudge.abort();
  };

  const note = (entry: Entry, outcome: CollectOutcome) => {
    const { name } = entry.collector;
    if (outcome.ok) {
      entry.failures = 0;
      adapt(entry, outcome);
      cache.storeGood(name, outcome.data, outcome.exposed, outcome.cost);
    } else {
      entry.failures++;
      cache.storeTrouble(name, { failure: outcome.failure, problem: outcome.problem, attempts: entry.failures });
    }
  };

  const pump = async () => {
    while (!closing.signal.aborted) {
      const now = clock.now();
      let next = now + longestSleep;
      for (const entry of entries.values()) {
        if (entry.running) continue;
        if (entry.due <= now) void run(entry);
        else next = Math.min(next, entry.due);
      }
      nudge = new AbortController();
      wakes = Math.max(next, now + shortestSleep);
      await clock.sleep(wakes - now, nudge.signal).catch(() => undefined);
    }
  };
  void pump();

  const apply = (entry: Entry) => {
    const { active = true, interval = entry.collector.interval, command } = settings.get(entry.collector.name) ?? {};
    cache.setActive(entry.collector.name, active);
    // What another program says is not known yet.
    if (command !== entry.command) entry.due = clock.now();
    entry.command = command;
    if (interval * 1000 === entry.base) return;
    entry.base = interval * 1000;
    entry.interval = entry.base;
    entry.due = Math.min(entry.due, clock.now() + entry.base);
  };

  return {
    add: (collector) => {
      const { name } = collector;
      lastAdded = Math.max(clock.now(), lastAdded + addedApart);
      const entry = newEntry(collector, lastAdded);
      entries.set(name, entry);
      cache.add(collector);
      apply(entry);
      nudge.abort();
    },
    remove: (name) => {
      entries.delete(name);
      cache.remove(name);
    },
    configure: (wanted) => {
      settings = wanted;
      for (const entry of entries.values()) apply(entry);
      nudge.abort();
    },
    entries: () =>
      [...entries.values()].map(({ collector, interval, failures, running }) => ({
        name: collector.name,
        interval: interval / 1000,
        failures,
        running,
      })),
    close: () => {
      closing.abort();
      nudge.abort();
    },
  };
}

/**
 * Increases the interval of a collector that allows this, while its data do not change or are expensive; otherwise sets it back
 * immediately.
 */
function adapt(entry: Entry, { unchanged, cost }: GoodOutcome): void {
  const longest = (entry.collector.longestInterval ?? 0) * 1000;
  if (longest <= entry.base) return;
  entry.unchanged = unchanged ? entry.unchanged + 1 : 0;
  const affordable = cost / allowedShare;
  const quiet = entry.unchanged >= patience ? entry.interval * 2 : entry.base;
  entry.interval = Math.min(longest, Math.max(entry.base, quiet, affordable));
}
