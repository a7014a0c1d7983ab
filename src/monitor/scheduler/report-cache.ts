import type { CollectorFacts } from '../collector/collector.ts';
import type { FamilySamples } from '../collector/metric-family.ts';
import type { CollectFailure } from '../host/collect-request.ts';

/** What goes wrong with a collector just now. */
export interface Trouble {
  readonly failure: CollectFailure;
  readonly problem: string;
  /** Failures in a row. */
  readonly attempts: number;
}

export interface CachedReport {
  readonly collector: CollectorFacts;
  /** The report as it goes out. */
  readonly json: Buffer;
  readonly samples: readonly FamilySamples[];
  /** Of the last good collection: monotonic milliseconds, and the time of the host then. Absent before the first. */
  readonly collectedAt: number | undefined;
  readonly collectedWallTime: number | undefined;
  /** When it last changed, data or trouble: milliseconds since 1970 as the host believed. */
  readonly changedWallTime: number;
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
  storeGood(name: string, data: string, samples: readonly FamilySamples[], duration: number): void;
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
  readonly collector: CollectorFacts;
  /** The report up to its time. */
  readonly head: string;
  active: boolean;
  /** Nanoseconds since 1970 in digits, and what is beside. */
  timestamp: string;
  data: string;
  report: CachedReport;
}

export function createReportCache(collectors: readonly CollectorFacts[], { now, wallTime }: Times): ReportCache {
  let version = 0;
  let joined: Buffer | undefined;
  const listeners = new Set<(report: CachedReport) => void>();
  const stamp = () => `${Math.round(wallTime() * 1000)}000`;

  const emptySlot = (collector: CollectorFacts): Slot => {
    const { name, formatVersion } = collector;
    const head = `{"name":${JSON.stringify(name)},"version":${JSON.stringify(collector.version)},"format_version":${formatVersion},"timestamp":`;
    const data = noData(collector, 'nothing collected yet');
    const report: CachedReport = {
      collector,
      json: Buffer.alloc(0),
      samples: [],
      collectedAt: undefined,
      collectedWallTime: undefined,
      changedWallTime: wallTime(),
      version,
      trouble: undefined,
      duration: 0,
      failures: 0,
    };
    const slot: Slot = { collector, head, active: true, timestamp: stamp(), data, report };
    slot.report = { ...report, json: compose(slot, undefined) };
    return slot;
  };

  const slots = new Map<string, Slot>(collectors.map((collector) => [collector.name, emptySlot(collector)]));

  const change = (name: string, update: (slot: Slot) => void) => {
    const slot = slots.get(name);
    if (!slot) return;
    version++;
    joined = undefined;
    update(slot);
    slot.report = { ...slot.report, version, changedWallTime: wallTime() };
    if (slot.active) for (const listener of listeners) listener(slot.report);
  };

  const reports = () => [...slots.values()].filter((slot) => slot.active).map((slot) => slot.report);

  return {
    reports,
    find: (category, name) => {
      const slot = slots.get(name);
      return slot?.active && (slot.collector.category ?? 'default') === category ? slot.report : undefined;
    },
    all: () => {
      joined ??= joinReports(reports());
      return joined;
    },
    get version() {
      return version;
    },
    storeGood: (name, data, samples, duration) =>
      change(name, (slot) => {
        slot.data = data;
        slot.timestamp = stamp();
        slot.report = {
          ...slot.report,
          samples,
          duration,
          collectedAt: now(),
          collectedWallTime: wallTime(),
          trouble: undefined,
          json: compose(slot, undefined),
        };
      }),
    storeTrouble: (name, trouble) =>
      change(name, (slot) => {
        if (slot.report.collectedAt === undefined) slot.data = noData(slot.collector, trouble.problem);
        slot.report = { ...slot.report, trouble, failures: slot.report.failures + 1, json: compose(slot, trouble) };
      }),
    add: (collector) => {
      slots.set(collector.name, emptySlot(collector));
      change(collector.name, () => undefined);
    },
    remove: (name) => {
      version++;
      joined = undefined;
      slots.delete(name);
    },
    setActive: (name, active) => {
      if (slots.get(name)?.active === active) return;
      change(name, (slot) => {
        slot.active = active;
      });
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** What stands in `data` before there is any; a status report says that the status is not known. */
function noData({ kind }: CollectorFacts, problem: string): string {
  return JSON.stringify(kind === 'status' ? { status: { code: 2, message: problem } } : { error: problem });
}

/** Ganeti's keys in Ganeti's order; `trouble` is there only while there is some. */
function compose({ collector, head, timestamp, data }: Slot, trouble: Trouble | undefined): Buffer {
  const kind = collector.kind === 'status' ? 1 : 0;
  const tail = trouble ? `,"trouble":${JSON.stringify(trouble)}}` : '}';
  return Buffer.from(`${head}${timestamp},"category":${JSON.stringify(collector.category)},"kind":${kind},"data":${data}${tail}`);
}

function joinReports(reports: readonly CachedReport[]): Buffer {
  const comma = Buffer.from(',');
  const parts = reports.flatMap((report, i) => (i === 0 ? [report.json] : [comma, report.json]));
  return Buffer.concat([Buffer.from('['), ...parts, Buffer.from(']')]);
}
