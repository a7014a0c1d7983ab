import { join } from 'node:path';
import { GantryError } from '../../base/index.ts';
import {
  type ClusterData,
  type ClusterState,
  createState,
  lookupName,
  type PreparedCluster,
  prepareCluster,
} from '../../placement/index.ts';
import { loadCluster } from '../sources/load-cluster.ts';
import type { MonitorOptions } from '../sources/monitor/measure.ts';
import { requireReadable } from '../sources/require-readable.ts';
import type { ProgramIo } from './program-io.ts';
import type { Settings } from './settings.ts';

/** What a program works on. */
export interface LoadedCluster {
  /** As the source has it, for saving. */
  readonly data: ClusterData;
  /** With what the options change. */
  readonly prepared: PreparedCluster;
}

/** Loads and prepares a cluster as the options say; what is odd about it goes to standard error. */
export async function loadForProgram(settings: Settings, io: ProgramIo): Promise<LoadedCluster> {
  const warn = (message: string) => io.err(`Warning: ${message}\n`);
  await requireReadable(filesNamed(settings));
  const data = await loadCluster({ ...settings, utilisationFile: settings.loadFile, monitor: monitorUse(settings), warn });
  const prepared = prepareCluster(withOfflineNodes(data, settings.offlineNodes), {
    exclusionTags: settings.exclusionTags.map((tag) => `${tag}:`),
    selectedInstances: settings.selectedInstances,
    excludedInstances: settings.excludedInstances,
  });
  if (settings.verbosity !== 0) warnOfMissing(prepared, io);
  return { data, prepared };
}

/** Files that are read once the cluster is known. */
function filesNamed(settings: Settings): readonly (string | undefined)[] {
  const { loadFile, usedMemoryFile, writeRateFile } = settings;
  const { dataFile, caFile, certificates, tokenFile } = monitorUse(settings) ?? {};
  const wanted = ['node.key', 'node.crt', ...(caFile === undefined ? ['ca.crt'] : [])];
  const identity = certificates === undefined ? [] : wanted.map((name) => join(certificates, name));
  return [loadFile, usedMemoryFile, writeRateFile, dataFile, caFile, ...identity, tokenFile];
}

/** What the options say about monitoring agents. */
export function monitorUse(settings: Settings): MonitorOptions | undefined {
  if (!settings.monitor) return undefined;
  return {
    dataFile: settings.monitorFile,
    complete: settings.monitorNeeded,
    xen: settings.monitorXen,
    kvmMemory: settings.monitorMemory,
    port: settings.monitorPort,
    caFile: settings.monitorCaFile,
    certificates: settings.monitorCertificates,
    tokenFile: settings.monitorTokenFile,
  };
}

/** State of one group, or of the whole cluster, within the limits that the options set. */
export function stateFor(prepared: PreparedCluster, { maxCpu, minDisk }: Settings, group?: number): ClusterState {
  return createState(prepared, { group, maxCpu, minDisk });
}

function withOfflineNodes(data: ClusterData, wanted: readonly string[]): ClusterData {
  if (wanted.length === 0) return data;
  const names = data.nodes.map(({ name }) => name);
  const found = wanted.map((name) => lookupName(names, name));
  const unknown = wanted.filter((_, k) => found[k] === undefined);
  if (unknown.length > 0) throw new GantryError('HTOOLS_NODES_UNKNOWN', { names: unknown.join(', ') });
  return { ...data, nodes: data.nodes.map((node) => (found.includes(node.name) ? { ...node, offline: true } : node)) };
}

/** Nodes that say they have less than what the instances leave; the limits are Ganeti's. */
export function warnOfMissing(prepared: PreparedCluster, io: ProgramIo): void {
  const state = createState(prepared);
  const used = new Float64Array(prepared.nodes.length);
  for (const { primary, secondary, disk, forthcoming } of prepared.instances) {
    if (forthcoming) continue;
    used[primary] = (used[primary] as number) + disk;
    if (secondary >= 0) used[secondary] = (used[secondary] as number) + disk;
  }
  const messages = prepared.nodes.flatMap(({ name, totalDisk, freeDisk }, n) => {
    const memory = state.nodes.missing[n] as number;
    const disk = Math.trunc(totalDisk) - freeDisk - (used[n] as number);
    const much = memory > 512 || disk > 1024;
    return much ? [`  - node ${name} is missing ${memory} MB ram and ${Math.floor(disk / 1024)} GB disk\n`] : [];
  });
  if (messages.length > 0) io.err(`Warning: cluster has inconsistent data:\n${messages.toReversed().join('')}\n`);
}
