import type { CgroupUsage } from '../../host/light.ts';
import { type Cgroup, type CgroupPlace, type CgroupPressure, cgroupPaths, openCgroup, ownPart } from '../../host/light.ts';
import type { Collector } from '../collector/collector.ts';
import type { CollectorContext } from '../collector/collector-context.ts';
import { type CounterHistory, dropCounters, mostCores, takeCounters } from '../collector/counter-history.ts';
import { type MonitoredInstance, requireInstances } from '../collector/instance-source.ts';
import { meanLevel, nextLevel } from '../collector/level.ts';
import { type ByWindow, overWindows, type RingBuffer } from '../collector/ring-buffer.ts';
import { type InterfaceCounters, parseNetDev } from './parse-net-dev.ts';
import { readProcessUsage } from './read-process-usage.ts';

/** null while unknown: cannot be read, or not often enough yet. */
type Averages = ByWindow<number | null>;

/** A network device as its instance sees it: received is what it received. */
interface Nic {
  readonly device: string;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly receivedPackets: number;
  readonly sentPackets: number;
  readonly dropped: number;
}

const knownOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

interface InstanceUsage extends CgroupUsage {
  readonly name: string;
  readonly hypervisor: MonitoredInstance['hypervisor'];
  readonly pid: number;
  /** Whether the numbers are those of its control group or of its process. */
  readonly source: 'cgroup' | 'process';
  /** Cores in use, averaged over the last seconds. */
  readonly cpuAverage: Averages;
  /** Bytes of memory, without what goes when memory is short, averaged over the last seconds. */
  readonly memoryAverage: Averages;
  readonly nics: readonly Nic[];
  readonly pressure?: CgroupPressure;
}

const interval = 5;
const rows = 900 / interval + 1;

/**
 * Files that are not needed for rates are read only every this many collections: pressure, which has its own averages, and some
 * files of version 1.
 */
const wholeEvery = 6;

/** What is remembered of an instance while it runs as one process. */
interface Known {
  readonly pid: number;
  /** Its own control group; absent where it shares one. */
  readonly group?: Cgroup;
  readonly cpu: CounterHistory;
  readonly memory: RingBuffer;
  pressure?: CgroupPressure | undefined;
}

/** Containers have a group of their own; QEMU has one where it is named after the instance. */
function ownGroup({ files }: CollectorContext, { name, hypervisor, pid }: MonitoredInstance): Cgroup | undefined {
  const text = files.readOnce(`/proc/${pid}/cgroup`);
  if (text === undefined) return undefined;
  // If only version 2 is mounted, a group may have this name by chance.
  const alone = files.look('/sys/fs/cgroup/cgroup.controllers') !== undefined;
  const paths = cgroupPaths(text, !alone && files.list('/sys/fs/cgroup/unified').length > 0);
  const named = ({ folder }: CgroupPlace) => folder.split('/').some((part) => part === name || part === `${name}.scope`);
  const isOwn = (place: CgroupPlace | null) => place !== null && (hypervisor === 'kvm' ? named(place) : ownPart.test(place.folder));
  return isOwn(paths.cpu) && isOwn(paths.memory) ? openCgroup(files, paths) : undefined;
}

type Counters = ReadonlyMap<string, InterfaceCounters>;

const countersIn = (text: string | undefined): Counters => new Map(parseNetDev(text ?? '').map((one) => [one.name, one]));

/** Devices of this side: what the host sends, the instance receives. */
function nicsOf({ interfaces }: MonitoredInstance, counters: Counters): Nic[] {
  return interfaces.flatMap((device) => {
    const host = counters.get(device);
    if (!host) return [];
    return {
      device,
      receivedBytes: host.sentBytes,
      sentBytes: host.receivedBytes,
      receivedPackets: host.sentPackets,
      sentPackets: host.receivedPackets,
      dropped: host.sendDropped + host.receiveDropped,
    };
  });
}

/** A container's own devices; none of one that has the host's network, which are not its own. */
function nicsInside({ files }: CollectorContext, pid: number, host: Counters): Nic[] {
  const inside = countersIn(files.readIfThere(`/proc/${pid}/net/dev`));
  if (inside.size === host.size && [...inside.keys()].every((name) => host.has(name))) return [];
  const own = [...inside.values()].filter(({ name }) => name !== 'lo');
  return own.map(({ name, receivedBytes, sentBytes, receivedPackets, sentPackets, receiveDropped, sendDropped }) => ({
    device: name,
    receivedBytes,
    sentBytes,
    receivedPackets,
    sentPackets,
    dropped: receiveDropped + sendDropped,
  }));
}

const labels = ['instance'];
const nicLabels = ['instance', 'device'];

export const instUsage: Collector<InstanceUsage[]> = {
  name: 'inst-usage',
  category: 'instance',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'CPU, memory, disk and network use of every running instance, from its control group or its process, with averages.',
  interval,
  timeout: 4,
  largestReport: 8 * 1024 * 1024,
  metrics: [
    { name: 'gantry_instance_cpu_seconds', type: 'counter', unit: 'seconds', help: 'CPU time of all cores.', labels },
    {
      name: 'gantry_instance_cpu_throttled_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'Time in which the CPU limit stopped the instance.',
      labels,
    },
    {
      name: 'gantry_instance_memory_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'Memory of the host in use.',
      labels: ['instance', 'kind'],
    },
    { name: 'gantry_instance_disk_read_bytes', type: 'counter', unit: 'bytes', help: 'Bytes read from disks.', labels },
    { name: 'gantry_instance_disk_written_bytes', type: 'counter', unit: 'bytes', help: 'Bytes written to disks.', labels },
    {
      name: 'gantry_instance_network_received_bytes',
      type: 'counter',
      unit: 'bytes',
      help: 'Bytes the instance received.',
      labels: nicLabels,
    },
    { name: 'gantry_instance_network_sent_bytes', type: 'counter', unit: 'bytes', help: 'Bytes the instance sent.', labels: nicLabels },
    { name: 'gantry_instance_network_dropped', type: 'counter', help: 'Packets dropped in either direction.', labels: nicLabels },
    {
      name: 'gantry_instance_pressure_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'Time in which its tasks waited.',
      labels: ['instance', 'resource'],
    },
  ],
  measure: (data, emit) => {
    for (const { name, cpu, memory, io, nics, pressure } of data) {
      if (cpu) emit('gantry_instance_cpu_seconds', cpu.seconds, name);
      if (cpu) emit('gantry_instance_cpu_throttled_seconds', cpu.throttled, name);
      for (const kind of ['resident', 'cache', 'swap'] as const) if (memory) emit('gantry_instance_memory_bytes', memory[kind], name, kind);
      if (io) emit('gantry_instance_disk_read_bytes', io.readBytes, name);
      if (io) emit('gantry_instance_disk_written_bytes', io.writtenBytes, name);
      for (const { device, receivedBytes, sentBytes, dropped } of nics) {
        emit('gantry_instance_network_received_bytes', receivedBytes, name, device);
        emit('gantry_instance_network_sent_bytes', sentBytes, name, device);
        emit('gantry_instance_network_dropped', dropped, name, device);
      }
      for (const [resource, value] of Object.entries(pressure ?? {})) {
        if (value) emit('gantry_instance_pressure_seconds', value.some.total, name, resource);
      }
    }
  },
  start: (context) => {
    const { files, now, instances, histories } = context;
    const known = new Map<string, Known>();
    const cores = mostCores(files);
    let runs = 0;

    const meet = (instance: MonitoredInstance, pid: number): Known => {
      const before = known.get(instance.name);
      if (before?.pid === pid) return before;
      if (before) forget(instance.name, before);
      const group = ownGroup(context, instance);
      const key = `${instance.name} ${pid}`;
      const entry: Known = {
        pid,
        cpu: takeCounters(histories, key, 1, rows),
        memory: histories.take(`${key} memory`, 2, rows),
        ...(group && { group }),
      };
      known.set(instance.name, entry);
      return entry;
    };

    const forget = (name: string, { pid, group }: Known) => {
      known.delete(name);
      dropCounters(histories, `${name} ${pid}`);
      histories.drop(`${name} ${pid} memory`);
      files.forget(`/proc/${pid}`);
      group?.forget();
    };

    const measureInstance = (instance: MonitoredInstance, pid: number, counters: Counters, whole: boolean) => {
      const entry = meet(instance, pid);
      const { group, cpu, memory } = entry;
      const used = group ? group.usage(whole) : readProcessUsage(files, pid);
      // It stopped in mid-collection.
      if (!used.cpu && !used.memory) return [];
      const time = now();
      cpu.push(time, [used.cpu?.seconds ?? Number.NaN], cores);
      memory.push(time, nextLevel(memory, 0, time, used.memory?.resident ?? Number.NaN));
      if (group && (whole || !entry.pressure)) entry.pressure = group.pressure();
      const usage: InstanceUsage = {
        name: instance.name,
        hypervisor: instance.hypervisor,
        pid,
        source: group ? 'cgroup' : 'process',
        ...used,
        cpuAverage: overWindows((seconds) => knownOrNull(cpu.rate(0, seconds))),
        memoryAverage: overWindows((seconds) => knownOrNull(Math.round(meanLevel(memory, 0, seconds)))),
        nics: instance.hypervisor === 'kvm' ? nicsOf(instance, counters) : nicsInside(context, pid, counters),
        ...(entry.pressure && { pressure: entry.pressure }),
      };
      return [usage];
    };

    return () => {
      const running = requireInstances(instances).flatMap((instance) =>
        instance.pid === undefined ? [] : [{ instance, pid: instance.pid }],
      );
      const counters = countersIn(files.readIfThere('/proc/net/dev'));
      runs++;
      const report = running.flatMap(({ instance, pid }, place) =>
        measureInstance(instance, pid, counters, (runs + place) % wholeEvery === 0),
      );
      const present = new Set(running.map(({ instance }) => instance.name));
      for (const [name, entry] of known) if (!present.has(name)) forget(name, entry);
      return report;
    };
  },
};
