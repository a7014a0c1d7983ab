import { GantryError } from '../../base/index.ts';
import type { ClusterData } from '../../placement/index.ts';
import type { IallocatorInput } from './iallocator/parse-iallocator.ts';
import { readInstanceFigures } from './instance-figures.ts';
import type { MonitorOptions } from './monitor/measure.ts';
import { readSourceFile } from './read-source-file.ts';
import { simulate } from './simulation/simulate.ts';
import { parseText } from './text/parse-text.ts';
import { parseUtilisation } from './utilisation.ts';

/** Where a cluster is described: one of these. */
export interface ClusterSource {
  /** `-t`: file in the text format. */
  readonly textFile?: string | undefined;
  /** `-m`: host, URL, or `file://` and a folder. */
  readonly rapi?: string | undefined;
  /** `--rapi-ca`: PEM file with certificates; the server's must be one of them, or signed by one of them and for its name. */
  readonly rapiCaFile?: string | undefined;
  /** `--rapi-credentials`: file with `user:password`. */
  readonly rapiCredentialsFile?: string | undefined;
  /** `-L`: path of the master's Unix socket. */
  readonly luxiSocket?: string | undefined;
  /** `-I`: file with the input of an instance allocator; `-` is the standard input. */
  readonly iallocatorFile?: string | undefined;
  /** `--simulate`, once for each group. */
  readonly simulated?: readonly string[] | undefined;
}

/** What is done to the data of any source. */
export interface LoadAdjustments {
  /** `-U`: file with the load of instances. */
  readonly utilisationFile?: string | undefined;
  /** `--ignore-dynu`: every load is 0, whatever else is given. */
  readonly ignoreLoad?: boolean | undefined;
  /** `--mond=yes`. */
  readonly monitor?: MonitorOptions | undefined;
  /** `--write-rates`: file with what instances write, MiB per second. */
  readonly writeRateFile?: string | undefined;
  /** `--used-memory`: file with the memory that instances really use, MiB. */
  readonly usedMemoryFile?: string | undefined;
  /** `--memory-ratio`: instance memory allowed per node memory in place of what the policies say. */
  readonly memoryRatio?: number | undefined;
  /** `--static-kvm-node-memory`: MiB in place of what KVM nodes report for themselves, when over 0. Ganeti's default is 4096. */
  readonly staticKvmNodeMemory?: number | undefined;
  /** Told what is odd but no error. */
  readonly warn?: ((message: string) => void) | undefined;
}

/**
 * Loads a cluster from the one source that is given, with measured loads and corrections applied.
 *
 * @example
 * const cluster = await loadCluster({ textFile: 'cluster.data', utilisationFile: 'loads.txt' });
 * @throws HTOOLS_SOURCE_MISSING, HTOOLS_SOURCE_AMBIGUOUS and those of the sources
 */
export async function loadCluster(options: ClusterSource & LoadAdjustments): Promise<ClusterData> {
  return await adjust(await loadSource(options, options.warn), options);
}

/** Loads what Ganeti asks an instance allocator, together with the cluster it asks about. */
export async function loadAllocation(file: string, options: LoadAdjustments = {}): Promise<IallocatorInput> {
  const { parseIallocator } = await import('./iallocator/parse-iallocator.ts');
  const { cluster, request } = parseIallocator(await readSourceFile(file), file);
  return { cluster: await adjust(cluster, options), request };
}

async function loadSource(source: ClusterSource, warn: LoadAdjustments['warn']): Promise<ClusterData> {
  const { textFile, rapi, luxiSocket, iallocatorFile, simulated = [] } = source;
  const given = [textFile, rapi, luxiSocket].filter((name) => name !== undefined);
  if (given.length > 1) throw new GantryError('HTOOLS_SOURCE_AMBIGUOUS');
  // Only what is used is loaded: programs are started often, and checking foreign data takes a large library.
  if (rapi !== undefined) {
    const { loadRapi } = await import('./rapi/load-rapi.ts');
    const { readRapiAccess } = await import('./rapi/rapi-access.ts');
    return loadRapi(rapi, await readRapiAccess(source, warn));
  }
  if (luxiSocket !== undefined) return (await import('./luxi/load-luxi.ts')).loadLuxi(luxiSocket);
  if (simulated.length > 0) return simulate(simulated);
  if (textFile !== undefined) return parseText(await readSourceFile(textFile), textFile);
  if (iallocatorFile !== undefined) {
    const { parseIallocator } = await import('./iallocator/parse-iallocator.ts');
    return parseIallocator(await readSourceFile(iallocatorFile), iallocatorFile).cluster;
  }
  throw new GantryError('HTOOLS_SOURCE_MISSING');
}

async function adjust(source: ClusterData, options: LoadAdjustments): Promise<ClusterData> {
  const cluster = withMemoryRatio(await withFigures(source, options), options.memoryRatio);
  const { utilisationFile, ignoreLoad = false, monitor, staticKvmNodeMemory = 0, warn = () => undefined } = options;
  const loads = utilisationFile === undefined ? undefined : parseUtilisation(await readSourceFile(utilisationFile), utilisationFile);
  const none = { cpu: 0, memory: 0, disk: 0, network: 0 };
  const loaded: ClusterData = {
    ...cluster,
    nodes:
      staticKvmNodeMemory > 0
        ? cluster.nodes.map((node) => (node.hypervisor === 'kvm' ? { ...node, nodeMemory: staticKvmNodeMemory } : node))
        : cluster.nodes,
    instances:
      ignoreLoad || loads
        ? cluster.instances.map((instance) => ({ ...instance, load: ignoreLoad ? none : (loads?.get(instance.name) ?? instance.load) }))
        : cluster.instances,
  };
  if (!monitor || ignoreLoad) return loaded;
  const { measure } = await import('./monitor/measure.ts');
  return await measure(loaded, monitor, warn);
}

async function withFigures(cluster: ClusterData, options: LoadAdjustments): Promise<ClusterData> {
  const { usedMemoryFile, writeRateFile, warn = () => undefined } = options;
  if (usedMemoryFile === undefined && writeRateFile === undefined) return cluster;
  const used = await readInstanceFigures(cluster, usedMemoryFile, 'used memory', warn);
  const rates = await readInstanceFigures(cluster, writeRateFile, 'write rate', warn);
  const instances = cluster.instances.map((instance, i) => ({
    ...instance,
    usedMemory: used[i] ?? instance.usedMemory,
    writeRate: rates[i] ?? instance.writeRate,
  }));
  return { ...cluster, instances };
}

function withMemoryRatio(cluster: ClusterData, memoryRatio: number | undefined): ClusterData {
  if (memoryRatio === undefined) return cluster;
  return {
    ...cluster,
    ipolicy: { ...cluster.ipolicy, memoryRatio },
    groups: cluster.groups.map((group) => ({ ...group, ipolicy: { ...group.ipolicy, memoryRatio } })),
  };
}
