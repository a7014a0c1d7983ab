import type { Json, JsonObject } from '../../base/index.ts';
import { type CachedReport, composeReport } from '../scheduler/report-cache.ts';

// Ganeti's own clients are strict: they drop a report with a key that they do not know, and all reports for one whose
// category they do not know. So version 1 of the protocol is Ganeti's to the byte, and version 2 has the whole.

/** Keys that Ganeti's collectors have in their data, for an object or the elements of a list at the path. */
const ganetisKeys: Readonly<Record<string, { readonly below?: string; readonly keys: readonly string[] }>> = {
  'cpu-avg-load': { keys: ['cpu_number', 'cpus', 'cpu_total'] },
  diskstats: {
    keys: [
      ...['major', 'minor', 'name', 'readsNum', 'mergedReads', 'secRead', 'timeRead', 'writes', 'mergedWrites', 'secWritten'],
      ...['timeWrite', 'ios', 'timeIO', 'wIOmillis'],
    ],
  },
  drbd: {
    below: 'deviceInfos',
    keys: [
      ...['minor', 'connectionState', 'localRole', 'remoteRole', 'localState', 'remoteState', 'replicationProtocol', 'ioFlags'],
      ...['perfIndicators', 'syncStatus', 'instance'],
    ],
  },
};

const composed = new WeakMap<CachedReport, Buffer>();

/** The report as Ganeti's agent would send it: without trouble, without more keys than Ganeti's, in a category of Ganeti's. */
export function versionOneJson(report: CachedReport): Buffer {
  const known = composed.get(report) ?? compose(report);
  composed.set(report, known);
  return known;
}

function compose(report: CachedReport): Buffer {
  const { collector, data } = report;
  const trim = ganetisKeys[collector.name];
  return composeReport({
    ...report,
    collector: { ...collector, category: versionOneCategory(report) },
    trouble: undefined,
    data: trim ? Buffer.from(JSON.stringify(trimmed(JSON.parse(Buffer.from(data).toString()) as Json, trim))) : data,
  });
}

/** Ganeti has no category for the node itself. */
export const versionOneCategory = ({ collector: { category } }: CachedReport) => (category === 'node' ? null : category);

function trimmed(data: Json, { below, keys }: { readonly below?: string; readonly keys: readonly string[] }): Json {
  // Before the first report, or of a collector that fails, there is only what is wrong.
  if (data === null || typeof data !== 'object' || 'error' in data) return data;
  if (below === undefined) return pick(data as Json, keys);
  const object = data as JsonObject;
  const inner = object[below];
  return inner === undefined ? object : { ...object, [below]: pick(inner, keys) };
}

function pick(value: Json, keys: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((element) => pick(element as Json, keys));
  if (value === null || typeof value !== 'object') return value;
  const object = value as JsonObject;
  return Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(object, key) ? [[key, object[key] as Json]] : [])));
}
