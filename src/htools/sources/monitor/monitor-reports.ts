import { type Static, Type } from 'typebox';
import { Check } from 'typebox/value';
import { validate } from '../../../model/index.ts';
import { parseJson } from '../json-text.ts';

/** A report of Ganeti's monitoring agent or of ours, as far as it matters here. */
const Report = Type.Object({ name: Type.String(), data: Type.Unknown() });
export type MonitorReport = Static<typeof Report>;

const MonitorFile = Type.Array(Type.Object({ node: Type.String(), reports: Type.Array(Report) }));
const Load = Type.Number({ minimum: 0 });
const CpuAverage = Type.Object({ cpu_total: Load });
const ByInstance = Type.Record(Type.String(), Load);

/** The window in seconds that loads of instances are averaged over: long enough that a peak moves nothing. */
const window = '300';
/** Null: not known, or not yet. */
const Averages = Type.Object({ [window]: Type.Union([Load, Type.Null()]) });
const NodeMemory = Type.Object({ usedMean: Averages });
const Usage = Type.Array(Type.Object({ name: Type.String(), cpuAverage: Averages, memoryAverage: Averages }));

/** The collectors whose reports are understood. */
export const collectors = {
  cpu: 'cpu-avg-load',
  instanceCpu: 'xen-cpu-avg-load',
  instanceMemory: 'kvm-inst-rss',
  usage: 'inst-usage',
  nodeMemory: 'memory',
} as const;
export type CollectorName = (typeof collectors)[keyof typeof collectors];

/** Where they are asked. */
export const categories: Readonly<Record<CollectorName, string>> = {
  'cpu-avg-load': 'default',
  'xen-cpu-avg-load': 'default',
  'kvm-inst-rss': 'default',
  'inst-usage': 'instance',
  memory: 'node',
};

/** Collectors that agents of Ganeti do not have. */
export const isOurs = (name: CollectorName): boolean => name === collectors.usage || name === collectors.nodeMemory;

/** Reports by the name of the node. */
export type MonitorReports = ReadonlyMap<string, readonly MonitorReport[]>;

/** Reads a file of reports (source: htools(1), option --mond-data). @throws HTOOLS_JSON_MALFORMED, INPUT_INVALID */
export function parseMonitorFile(text: string, file: string): MonitorReports {
  const entries = validate(MonitorFile, parseJson(text, file), file);
  return new Map(entries.map(({ node, reports }) => [node, reports]));
}

export const isReport = (value: unknown): value is MonitorReport => Check(Report, value);

/** Load of all processors of a node: 1 for each that is busy. Undefined when the report does not tell. */
export function totalCpu(reports: readonly MonitorReport[]): number | undefined {
  const data = reports.find(({ name }) => name === collectors.cpu)?.data;
  return Check(CpuAverage, data) ? data.cpu_total : undefined;
}

/** Figures by the name of the instance. Undefined when the report does not tell. */
export function byInstance(reports: readonly MonitorReport[], collector: CollectorName): Readonly<Record<string, number>> | undefined {
  const data = reports.find(({ name }) => name === collector)?.data;
  return Check(ByInstance, data) ? data : undefined;
}

/** What an instance used lately; absent what its node could not read. */
export interface InstanceUse {
  /** Busy processors. */
  readonly cpu?: number;
  /** Bytes. */
  readonly memory?: number;
}

/** The use of each running instance by name, from the agent of Gantry; empty when the report does not tell. */
export function useOfInstances(reports: readonly MonitorReport[]): ReadonlyMap<string, InstanceUse> {
  const data = reports.find(({ name }) => name === collectors.usage)?.data;
  if (!Check(Usage, data)) return new Map();
  return new Map(
    data.map(({ name, cpuAverage: { [window]: cpu }, memoryAverage: { [window]: memory } }) => [
      name,
      { ...(cpu !== null && { cpu }), ...(memory !== null && { memory }) },
    ]),
  );
}

/** Bytes of a node that were not available, averaged over the window. Undefined when its report does not tell. */
export function usedMemory(reports: readonly MonitorReport[]): number | undefined {
  const data = reports.find(({ name }) => name === collectors.nodeMemory)?.data;
  return Check(NodeMemory, data) ? (data.usedMean[window] ?? undefined) : undefined;
}
