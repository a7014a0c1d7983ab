import { bootIdIn, type ProcFiles, parseLivingProcess } from '../../host/light.ts';
import type { InstanceRuntimeFile, StoppedNote } from '../../model/index.ts';
import { nodeFileNames } from '../../model/light.ts';
import type { InstanceSource, MonitoredInstance } from './instance-source.ts';

type Runtime = InstanceRuntimeFile;

interface Entry {
  readonly runtime: Runtime;
  readonly instance: MonitoredInstance;
}

const ticksPerSecond = 100;

/** The list is as old as this at most (ms). */
const freshness = 3000;

/** Every this many lists, a file is read again even if its process lives: an instance that was migrating in may have arrived. */
const readAgain = 10;

/** Stopped instances are reported for this time (s). */
const remembered = 86_400;

export const usualRunDir = '/run/gantry';

export interface RunFolderOptions {
  readonly files: ProcFiles;
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallTime: () => number;
  readonly runDir?: string | undefined;
  /** What `files` put before every path; sockets are connected to without them. */
  readonly root?: string;
}

/** The instances of this node as its agent keeps them in its run folder, which only root may read. A file that cannot be understood is left out. */
export function createRunFolderInstances({ files, now, wallTime, runDir = usualRunDir, root = '' }: RunFolderOptions): InstanceSource {
  const folder = `${runDir}/${nodeFileNames.instances}`;
  let entries = new Map<string, Entry>();
  let listed: readonly MonitoredInstance[] = [];
  let stopped: readonly MonitoredInstance[] = [];
  let listedAt = Number.NEGATIVE_INFINITY;
  let lists = 0;
  const learnt = new Map<string, readonly MonitoredInstance[]>();
  let problem: string | undefined;

  /** Whether the process of the file still is that process. */
  const lives = ({ process }: Runtime, bootId: string): boolean => {
    if (!process || process.bootId !== bootId) return false;
    return parseLivingProcess(files.readIfThere(`/proc/${process.pid}/stat`))?.startTicks === process.startTicks;
  };

  const read = (uuid: string, bootId: string): Entry | undefined => {
    const runtime = parseObject<Runtime>(files.readOnce(`${folder}/${uuid}/${nodeFileNames.runtime}`));
    try {
      return runtime && describe(runtime, bootId);
    } catch (error) {
      // JSON of other shape.
      if (error instanceof TypeError) return undefined;
      throw error;
    }
  };

  const describe = (runtime: Runtime, bootId: string): Entry => {
    const { uuid, name, phase, process, request, hypervisor = 'kvm' } = runtime;
    const { spec, nics = [], disks = [] } = request ?? {};
    const given = spec ? { memory: spec.memory, vcpus: spec.vcpus } : {};
    const devices = devicesOf(disks.flatMap(({ path }) => path ?? []));
    const base = {
      name,
      uuid,
      hypervisor,
      phase,
      ...given,
      ...devices,
      interfaces: nics.flatMap(({ tap, veth }) => tap ?? veth ?? []),
    } as const;
    if (!process) return { runtime, instance: base };
    if (!lives(runtime, bootId)) return { runtime, instance: { ...base, ...(process.bootId === bootId && { lastPid: process.pid }) } };
    const { pid, startTicks } = process;
    const running = { ...base, pid, started: startTicks / ticksPerSecond };
    if (hypervisor !== 'kvm') return { runtime, instance: running };
    const qmpSocket = `${root}${folder}/${uuid}/${runtime.layout === 2 ? '' : 'q/'}qmpmon`;
    return { runtime, instance: { ...running, qmpSocket } };
  };

  const refresh = (): MonitoredInstance[] => {
    const bootId = bootIdIn(files);
    const all = lists++ % readAgain === 0;
    const before = entries;
    entries = new Map();
    for (const uuid of files.list(folder)) {
      const known = before.get(uuid);
      const stays = !all && known?.instance.pid !== undefined && known.runtime.phase === 'running' && lives(known.runtime, bootId);
      const entry = stays ? known : read(uuid, bootId);
      if (entry) entries.set(uuid, entry);
    }
    for (const [uuid, { instance }] of before) if (!entries.has(uuid) && instance.pid) files.forget(`/proc/${instance.pid}`);
    return [...entries.values()].map(({ instance }) => instance);
  };

  const readStopped = (): MonitoredInstance[] =>
    files.list(`${runDir}/${nodeFileNames.stopped}`).flatMap((file) => {
      const note = parseObject<StoppedNote>(files.readOnce(`${runDir}/${nodeFileNames.stopped}/${file}`));
      if (!note || entries.has(note.uuid) || wallTime() / 1000 - note.at > remembered) return [];
      return {
        name: note.name,
        uuid: note.uuid,
        hypervisor: note.hypervisor ?? 'kvm',
        phase: 'stopped',
        stoppedAt: note.at,
        interfaces: [],
      };
    });

  return {
    list: () => {
      if (now() - listedAt >= freshness) {
        listedAt = now();
        try {
          listed = refresh();
          stopped = readStopped().sort((one, other) => (other.stoppedAt ?? 0) - (one.stoppedAt ?? 0));
          problem = undefined;
        } catch (error) {
          [listed, stopped] = [[], []];
          problem = error instanceof Error ? error.message : String(error);
        }
      }
      return firstOfName([...listed, ...[...learnt.values()].flat(), ...stopped]);
    },
    learn: (hypervisor, instances) => {
      learnt.set(hypervisor, instances);
    },
    get problem() {
      return problem;
    },
  };
}

/**
 * If several have the same name (an instance was created again, or a container has the name of a machine), the first one counts.
 */
function firstOfName(instances: readonly MonitoredInstance[]): readonly MonitoredInstance[] {
  const names = new Set<string>();
  return instances.filter(({ name }) => !names.has(name) && names.add(name));
}

/** Which DRBD devices and logical volumes (`/dev/GROUP/NAME`, or of the device mapper, which doubles hyphens of names) are among paths. */
function devicesOf(paths: readonly string[]): Pick<MonitoredInstance, 'drbdMinors' | 'volumes'> {
  const drbdMinors = paths.flatMap((path) => {
    const minor = /^\/dev\/drbd(\d+)$/.exec(path)?.[1];
    return minor === undefined ? [] : Number(minor);
  });
  const volumes = paths.flatMap((path) => {
    const [, group = '', name = ''] = /^\/dev\/mapper\/((?:[^-/]|--)+)-((?:[^-/]|--)+)$/.exec(path) ?? [];
    if (name !== '') return `${group}/${name}`.replaceAll('--', '-');
    return /^\/dev\/((?!mapper\/)[^/]+\/[^/]+)$/.exec(path)?.[1] ?? [];
  });
  return { ...(drbdMinors.length > 0 && { drbdMinors }), ...(volumes.length > 0 && { volumes }) };
}

/** A file of the agent, version 1; `undefined` for another version and for what it is no JSON of. */
function parseObject<T>(text: string | undefined): T | undefined {
  try {
    // Files are read as Latin-1.
    const value = JSON.parse(Buffer.from(text ?? '', 'latin1').toString()) as { version?: number; name?: string; uuid?: string } | null;
    const known = value?.version === 1 && typeof value.name === 'string' && typeof value.uuid === 'string';
    return known ? (value as T) : undefined;
  } catch {
    // Not written by the agent, or not whole.
    return undefined;
  }
}
