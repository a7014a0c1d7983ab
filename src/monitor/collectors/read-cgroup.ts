import type { ProcFiles } from '../collector/proc-files.ts';
import { type Pressure, parsePressure } from './parse-pressure.ts';

/** Where the files of a control group lie, by controller: either version's, or both on hosts that run both. */
export interface CgroupPaths {
  readonly cpu: CgroupPlace | null;
  readonly memory: CgroupPlace | null;
  readonly io: CgroupPlace | null;
}

export interface CgroupPlace {
  readonly version: 1 | 2;
  readonly folder: string;
}

/** What a control group has used since it was made; bytes and seconds. What its host does not count is absent. */
export interface CgroupUsage {
  readonly cpu?: {
    readonly seconds: number;
    readonly user: number;
    readonly system: number;
    /** Time in which it was held back by its limit, and how often. */
    readonly throttled: number;
    readonly throttledPeriods: number;
  };
  readonly memory?: {
    /** Memory of processes, and of files that they use; the second goes when memory is short. */
    readonly resident: number;
    readonly cache: number;
    readonly swap: number;
  };
  readonly io?: { readonly readBytes: number; readonly writtenBytes: number; readonly reads: number; readonly writes: number };
}

/** Pressure of a control group of version 2. */
export interface CgroupPressure {
  readonly cpu: Pressure | null;
  readonly memory: Pressure | null;
  readonly io: Pressure | null;
}

const root = '/sys/fs/cgroup';
const ticksPerSecond = 100;

/** What of the path of a group is a container's own; below it its init may have made more. */
export const ownPart = /^.*?(?:\/docker[-/][0-9a-f]{64}(?:\.scope)?|\/lxc(?:\.payload)?[./][^/]+)/;

/**
 * Finds the control groups of a process from its /proc/PID/cgroup.
 * @param hybrid - version 2 is mounted beside version 1, at `/sys/fs/cgroup/unified`
 */
export function cgroupPaths(text: string, hybrid: boolean): CgroupPaths {
  const paths = new Map<string, string>();
  for (const [, controllers = '', path = ''] of text.matchAll(/^\d+:([^:\n]*):(\/[^\n]*)$/gm)) {
    const own = ownPart.exec(path)?.[0] ?? path.replace(/\/init\.scope$/, '');
    for (const controller of controllers.split(',')) paths.set(controller, own === '/' ? '' : own);
  }
  const place = (controller: string, folder: string): CgroupPlace | null => {
    const first = paths.get(controller);
    if (first !== undefined) return { version: 1, folder: `${root}/${folder}${first}` };
    const second = paths.get('');
    return second === undefined ? null : { version: 2, folder: `${root}${hybrid ? '/unified' : ''}${second}` };
  };
  return { cpu: place('cpuacct', 'cpuacct'), memory: place('memory', 'memory'), io: place('blkio', 'blkio') };
}

/** The number behind `key` and a blank at the beginning of a line; 0 where it is not there. */
function keyed(text: string, key: string): number {
  const start = text.startsWith(`${key} `) ? 0 : text.indexOf(`\n${key} `) + 1;
  if (start === 0 && !text.startsWith(`${key} `)) return 0;
  return Number.parseInt(text.slice(start + key.length + 1, start + key.length + 24), 10) || 0;
}

/** Reads cpu.stat of version 2; `undefined` without its first line. */
export function parseCpuStat2(text: string | undefined): CgroupUsage['cpu'] {
  if (!text?.startsWith('usage_usec ')) return undefined;
  const seconds = (key: string) => keyed(text, key) / 1e6;
  return {
    seconds: seconds('usage_usec'),
    user: seconds('user_usec'),
    system: seconds('system_usec'),
    throttled: seconds('throttled_usec'),
    throttledPeriods: keyed(text, 'nr_throttled'),
  };
}

/** Reads cpuacct.usage, cpuacct.stat and cpu.stat of version 1; the last is only there where time can be limited. */
export function parseCpuStat1(usage: string | undefined, stat: string | undefined, throttling: string | undefined): CgroupUsage['cpu'] {
  if (!/^\d+\n/.test(usage ?? '')) return undefined;
  return {
    seconds: Number.parseInt(usage ?? '', 10) / 1e9,
    user: keyed(stat ?? '', 'user') / ticksPerSecond,
    system: keyed(stat ?? '', 'system') / ticksPerSecond,
    throttled: keyed(throttling ?? '', 'throttled_time') / 1e9,
    throttledPeriods: keyed(throttling ?? '', 'nr_throttled'),
  };
}

/** Reads memory.stat of either version, of which the second tells swap in a file of its own. */
export function parseMemoryStat(text: string | undefined, swap?: string): CgroupUsage['memory'] {
  if (text === undefined || !/^(?:anon|cache) \d/.test(text)) return undefined;
  if (text.startsWith('anon '))
    return { resident: keyed(text, 'anon'), cache: keyed(text, 'file'), swap: Number.parseInt(swap ?? '', 10) || 0 };
  // With those of groups below where the kernel counts them.
  const total = (key: string) => (text.includes(`\ntotal_${key} `) ? keyed(text, `total_${key}`) : keyed(text, key));
  return { resident: total('rss'), cache: total('cache'), swap: total('swap') };
}

/** Reads io.stat of version 2, `8:0 rbytes=1 wbytes=2 rios=3 wios=4 …`, and sums all disks. */
export function parseIoStat2(text: string | undefined): CgroupUsage['io'] {
  if (text === undefined) return undefined;
  const io = { readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 };
  const keys: Readonly<Record<string, keyof typeof io>> = { rbytes: 'readBytes', wbytes: 'writtenBytes', rios: 'reads', wios: 'writes' };
  for (const [, key = '', value] of text.matchAll(/ ([rw](?:bytes|ios))=(\d+)/g)) {
    const name = keys[key];
    if (name) io[name] += Number(value);
  }
  return io;
}

/** Reads the two files of version 1, `8:0 Read 123`, and sums all disks. */
export function parseIoStat1(bytes: string | undefined, operations: string | undefined): CgroupUsage['io'] {
  if (bytes === undefined || operations === undefined) return undefined;
  const sum = (text: string, what: string) =>
    [...text.matchAll(new RegExp(`^\\d+:\\d+ ${what} (\\d+)$`, 'gm'))].reduce((total, [, n]) => total + Number(n), 0);
  return {
    readBytes: sum(bytes, 'Read'),
    writtenBytes: sum(bytes, 'Write'),
    reads: sum(operations, 'Read'),
    writes: sum(operations, 'Write'),
  };
}

/** Reads what a control group used; what has gone, or is not counted, is absent. */
export function readCgroupUsage(files: ProcFiles, { cpu, memory, io }: CgroupPaths): CgroupUsage {
  const read = (place: CgroupPlace, file: string) => files.readIfThere(`${place.folder}/${file}`);
  const used = {
    cpu: cpu && (cpu.version === 2 ? parseCpuStat2(read(cpu, 'cpu.stat')) : readCpu1(files, cpu.folder)),
    memory: memory && parseMemoryStat(read(memory, 'memory.stat'), memory.version === 2 ? read(memory, 'memory.swap.current') : undefined),
    io: io && (io.version === 2 ? parseIoStat2(read(io, 'io.stat')) : readIo1(files, io.folder)),
  };
  return { ...(used.cpu && { cpu: used.cpu }), ...(used.memory && { memory: used.memory }), ...(used.io && { io: used.io }) };
}

function readCpu1(files: ProcFiles, folder: string): CgroupUsage['cpu'] {
  const throttling = files.readIfThere(`${folder.replace(`${root}/cpuacct`, `${root}/cpu`)}/cpu.stat`);
  return parseCpuStat1(files.readIfThere(`${folder}/cpuacct.usage`), files.readIfThere(`${folder}/cpuacct.stat`), throttling);
}

function readIo1(files: ProcFiles, folder: string): CgroupUsage['io'] {
  const read = (file: string) => files.readIfThere(`${folder}/${file}_recursive`) ?? files.readIfThere(`${folder}/${file}`);
  return parseIoStat1(read('blkio.throttle.io_service_bytes'), read('blkio.throttle.io_serviced'));
}

/** `null` for version 1, which has none. */
export function readCgroupPressure(files: ProcFiles, { cpu }: CgroupPaths): CgroupPressure | null {
  if (cpu?.version !== 2) return null;
  const read = (name: string) => parsePressure(files.readIfThere(`${cpu.folder}/${name}.pressure`));
  return { cpu: read('cpu'), memory: read('memory'), io: read('io') };
}
