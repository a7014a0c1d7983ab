import type { FamilySamples } from '../../base/index.ts';
import type { CollectorFacts } from '../collector/collector.ts';
import type { CollectFailure } from '../host/collect-request.ts';
import { toJsonBytes } from '../host/json-bytes.ts';

/** What goes wrong with a collector just now. */
export interface Trouble {
  readonly failure: CollectFailure;
  readonly problem: string;
  /** Failures in a row. */
  readonly attempts: number;
}

/** See {@link jsonOf} for how it goes out. */
export interface CachedReport {
  readonly collector: CollectorFacts;
  /** The report up to its time. */
  readonly head: string;
  /** {@link CachedReport.changedAt} of the last good collection. */
  readonly timestamp: number;
  /** JSON of its data alone. */
  readonly data: Uint8Array;
  /** Samples whose families came with the report. */
  readonly exposed: readonly FamilySamples[];
  /** Of the last good collection: monotonic milliseconds, and the time of the host then. Absent before the first. */
  readonly collectedAt: number | undefined;
  readonly collectedWallTime: number | undefined;
  /** When it last changed, data or trouble: microseconds since 1970 as the host believed; no two changes have the same. */
  readonly changedAt: number;
  /** The {@link ReportCache.version} that its last change made. */
  readonly version: number;
  readonly trouble: Trouble | undefined;
  /** Milliseconds that the last good collection took. */
  readonly duration: number;
  /** Failed collections since the start. */
  readonly failures: number;
}

/** The last report of every active collector, ready to be sent. */
export interface ReportCache {
  /** Of active collectors, in the order of the catalogue. */
  reports(): readonly CachedReport[];
  find(category: string, name: string): CachedReport | undefined;
  /** All reports as one JSON array; made once after each change. */
  all(): Buffer;
  /** Grows with each change. */
  readonly version: number;
  /** @param duration - of the collection, milliseconds */
  storeGood(name: string, data: Uint8Array, exposed: readonly FamilySamples[], duration: number): void;
  /** Keeps the last good data and tells of the trouble beside it. */
  storeTrouble(name: string, trouble: Trouble): void;
  /** Makes room for a collector, or for another one in place of that of the same name. */
  add(collector: CollectorFacts): void;
  remove(name: string): void;
  /** Shows or hides the reports of a collector; its data stay. */
  setActive(name: string, active: boolean): void;
  /** Told of every change of a report that is active. @returns what ends it */
  subscribe(listener: (report: CachedReport) => void): () => void;
}

interface Times {
  readonly now: () => number;
  readonly wallTime: () => number;
}

interface Slot {
  active: boolean;
  report: CachedReport;
}

export function createReportCache(collectors: readonly CollectorFacts[], { now, wallTime }: Times): ReportCache {
  let version = 0;
  let joined: Buffer | undefined;
  const listeners = new Set<(report: CachedReport) => void>();
  let lastStamp = 0;

  /** Microseconds since 1970; those of the same millisecond in the order in which they were taken. */
  const stamp = () => {
    const time = Math.round(wallTime() * 1000);
    lastStamp = time <= lastStamp && lastStamp - time < 1000 ? lastStamp + 1 : time;
    return lastStamp;
  };

  const emptySlot = (collector: CollectorFacts): Slot => {
    const { name, formatVersion } = collector;
    const timestamp = stamp();
    const report: CachedReport = {
      collector,
      head: `{"name":${JSON.stringify(name)},"version":${JSON.stringify(collector.version)},"format_version":${formatVersion},"timestamp":`,
      timestamp,
      data: noData(collector, 'nothing collected yet'),
      exposed: [],
      collectedAt: undefined,
      collectedWallTime: undefined,
      changedAt: timestamp,
      version,
      trouble: undefined,
      duration: 0,
      failures: 0,
    };
    return { active: true, report };
  };

  const slots = new Map<string, Slot>(collectors.map((collector) => [collector.name, emptySlot(collector)]));

  const change = (name: string, changesOf: (report: CachedReport, changedAt: number) => Partial<CachedReport>) => {
    const slot = slots.get(name);
    if (!slot) return;
    version++;
    joined = undefined;
    const changedAt = stamp();
    slot.report = { ...slot.report, ...changesOf(slot.report, changedAt), version, changedAt };
    if (slot.active) for (const listener of listeners) listener(slot.report);
  };

  const reports = () => [...slots.values()].filter((slot) => slot.active).map((slot) => slot.report);

  return {
    reports,
    find: (category, name) => {
      const slot = slots.get(name);
      return slot?.active && (slot.report.collector.category ?? 'default') === category ? slot.report : undefined;
    },
    all: () => {
      joined ??= joinReports(reports());
      return joined;
    },
    get version() {
      return version;
    },
    storeGood: (name, data, exposed, duration) =>
      change(name, (_, changedAt) => ({
        data,
        exposed,
        duration,
        timestamp: changedAt,
        collectedAt: now(),
        collectedWallTime: wallTime(),
        trouble: undefined,
      })),
    storeTrouble: (name, trouble) =>
      change(name, ({ collector, collectedAt, data, failures }) => ({
        trouble,
        failures: failures + 1,
        data: collectedAt === undefined ? noData(collector, trouble.problem) : data,
      })),
    add: (collector) => {
      slots.set(collector.name, emptySlot(collector));
      change(collector.name, (_, changedAt) => ({ timestamp: changedAt }));
    },
    remove: (name) => {
      version++;
      joined = undefined;
      slots.delete(name);
    },
    setActive: (name, active) => {
      const slot = slots.get(name);
      if (!slot || slot.active === active) return;
      slot.active = active;
      change(name, () => ({}));
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** What stands in `data` before there is any; a status report says that the status is not known. */
function noData({ kind }: CollectorFacts, problem: string): Uint8Array {
  return toJsonBytes(JSON.stringify(kind === 'status' ? { status: { code: 2, message: problem } } : { error: problem }));
}

const composed = new WeakMap<CachedReport, Buffer>();

/**
 * The report as it is sent; it is composed when the first client asks for it. It is not a getter of the report: V8 uses a slow
 * form for objects with getters, and replaced objects then stayed in memory until a full garbage collection.
 */
export function jsonOf(report: CachedReport): Buffer {
  const known = composed.get(report) ?? composeReport(report);
  composed.set(report, known);
  return known;
}

/** Ganeti's keys in Ganeti's order, of version 2 of the protocol; `trouble` is there only while there is some. */
export function composeReport({ collector, head, timestamp, changedAt, data, trouble }: CachedReport): Buffer {
  const kind = collector.kind === 'status' ? 1 : 0;
  // Times have more digits than numbers of JSON.stringify do.
  const tail = trouble ? `,"trouble":${JSON.stringify(trouble).slice(0, -1)},"timestamp":${changedAt}000}}` : '}';
  const start = `${head}${timestamp}000,"category":${JSON.stringify(collector.category)},"kind":${kind},"data":`;
  return Buffer.concat([Buffer.from(start), data, Buffer.from(tail)]);
}

/** @param json - of one of them */
export function joinReports(reports: readonly CachedReport[], json = jsonOf): Buffer {
  const comma = Buffer.from(',');
  const parts = reports.flatMap((report, i) => (i === 0 ? [json(report)] : [comma, json(report)]));
  return Buffer.concat([Buffer.from('['), ...parts, Buffer.from(']')]);
}
