import type { ProcFiles } from '../../host/light.ts';
import { type Pressure, parsePressure } from '../../host/light.ts';
import type { Collector } from '../collector/collector.ts';
import { rest } from '../collector/counter-history.ts';
import { meanLevel, nextLevel } from '../collector/level.ts';
import { type ByWindow, overWindows } from '../collector/ring-buffer.ts';

/** The kernel's names; bytes, but for the numbers of huge pages (`HugePages_*`). */
export type MemInfo = Readonly<Record<string, number>>;

const poolStates = ['total', 'free', 'reserved'] as const;

interface HugePages {
  readonly pageSize: number;
  readonly total: number;
  readonly free: number;
  readonly reserved: number;
  readonly surplus: number;
}

interface Memory {
  readonly meminfo: MemInfo;
  /** Bytes that a new instance could have without swapping. */
  readonly available: number;
  /** What is not available, in bytes, and its mean over the last seconds. The whole pool of huge pages is among it, as with free(1). */
  readonly used: number;
  readonly usedMean: ByWindow<number>;
  readonly hugePages: readonly HugePages[];
  /** Bytes in huge pages of all sizes; those that are reserved are free still. */
  readonly hugePagePool: { readonly [state in (typeof poolStates)[number]]: number };
  readonly numa: readonly { readonly node: number; readonly total: number; readonly free: number }[];
  /** Since the host came up: pages read from swap and written to it, faults that needed a disk, tasks killed for want of memory. */
  readonly events: { readonly pswpin?: number; readonly pswpout?: number; readonly pgmajfault?: number; readonly oom_kill?: number };
  /** Bytes that equal pages share thanks to KSM. */
  readonly sharedByKsm: number | null;
  readonly pressure: Pressure | null;
}

const interval = 5;

/** Bytes; on every platform that Gantry runs on but some of ARM, where these counts come out too small. */
const pageSize = 4096;

/** Reads /proc/meminfo. @throws TypeError without MemTotal and MemFree: that is another file, or was cut off at once. */
export function parseMemInfo(text: string): MemInfo {
  const meminfo: Record<string, number> = {};
  for (const [, name = '', value, unit] of text.matchAll(/^([\w()]+): +(\d+)( kB)?$/gm)) meminfo[name] = Number(value) * (unit ? 1024 : 1);
  if (!('MemTotal' in meminfo && 'MemFree' in meminfo)) throw new TypeError(`not a table of memory: ${JSON.stringify(text.slice(0, 100))}`);
  return meminfo;
}

/** The kernel's own estimate, or that of kernels before 3.14 from what they tell; never more than there is. */
export function availableMemory(meminfo: MemInfo): number {
  const { MemTotal = 0, MemAvailable, MemFree = 0, Buffers = 0, Cached = 0, SReclaimable = 0, Shmem = 0 } = meminfo;
  return Math.min(MemTotal, MemAvailable ?? MemFree + Buffers + rest(Cached, Shmem) + SReclaimable);
}

/** The few counters of /proc/vmstat that tell of want. */
export function parseMemoryEvents(text: string | undefined): Memory['events'] {
  const found = [...(text ?? '').matchAll(/^(pswpin|pswpout|pgmajfault|oom_kill) (\d+)$/gm)];
  return Object.fromEntries(found.map(([, name, value]) => [name, Number(value)]));
}

/** `Node 0 MemTotal: 24684084 kB` and the free ones of a file of /sys/devices/system/node. */
export function parseNumaNode(text: string | undefined): { node: number; total: number; free: number } | undefined {
  const [, node, total] = /^Node (\d+) MemTotal: +(\d+) kB$/m.exec(text ?? '') ?? [];
  const [, , free] = /^Node (\d+) MemFree: +(\d+) kB$/m.exec(text ?? '') ?? [];
  if (total === undefined || free === undefined) return undefined;
  return { node: Number(node), total: Number(total) * 1024, free: Number(free) * 1024 };
}

const numberIn = (files: ProcFiles, path: string): number => Number(files.readIfThere(path) ?? 0) || 0;

const hugePagesFolder = '/sys/kernel/mm/hugepages';
const numaFolder = '/sys/devices/system/node';

function readHugePages(files: ProcFiles): HugePages[] {
  return files.list(hugePagesFolder).flatMap((name) => {
    const kibibytes = /^hugepages-(\d+)kB$/.exec(name)?.[1];
    if (kibibytes === undefined) return [];
    const count = (file: string) => numberIn(files, `${hugePagesFolder}/${name}/${file}`);
    return {
      pageSize: Number(kibibytes) * 1024,
      total: count('nr_hugepages'),
      free: count('free_hugepages'),
      reserved: count('resv_hugepages'),
      surplus: count('surplus_hugepages'),
    };
  });
}

function sumPool(hugePages: readonly HugePages[]): Memory['hugePagePool'] {
  const bytes = (state: (typeof poolStates)[number]) => hugePages.reduce((sum, pages) => sum + pages[state] * pages.pageSize, 0);
  return { total: bytes('total'), free: bytes('free'), reserved: bytes('reserved') };
}

function readNuma(files: ProcFiles): Memory['numa'] {
  const nodes = files.list(numaFolder).filter((name) => /^node\d+$/.test(name));
  return nodes.flatMap((name) => parseNumaNode(files.readIfThere(`${numaFolder}/${name}/meminfo`)) ?? []);
}

const events = { pswpin: 'swapped_in', pswpout: 'swapped_out' } as const;

export const memory: Collector<Memory> = {
  name: 'memory',
  category: 'node',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'Memory of the node with swap, huge pages, NUMA nodes, merged pages and pressure.',
  interval,
  timeout: 2,
  metrics: [
    {
      name: 'gantry_node_memory_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'Memory, by what it is used for; the total is a metric of its own.',
      labels: ['kind'],
    },
    { name: 'gantry_node_memory_total_bytes', type: 'gauge', unit: 'bytes', help: 'All memory.' },
    {
      name: 'gantry_node_memory_used_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'Memory that is not available, including the whole pool of huge pages, averaged over the window.',
      labels: ['window'],
    },
    { name: 'gantry_node_swap_bytes', type: 'gauge', unit: 'bytes', help: 'Swap space.', labels: ['kind'] },
    { name: 'gantry_node_swapped_in_bytes', type: 'counter', unit: 'bytes', help: 'Read from swap.' },
    { name: 'gantry_node_swapped_out_bytes', type: 'counter', unit: 'bytes', help: 'Written to swap.' },
    { name: 'gantry_node_major_faults', type: 'counter', help: 'Page faults that needed a disk.' },
    { name: 'gantry_node_oom_kills', type: 'counter', help: 'Tasks that the kernel killed because memory ran out.' },
    { name: 'gantry_node_hugepages', type: 'gauge', help: 'Huge pages by size in bytes.', labels: ['size', 'state'] },
    {
      name: 'gantry_node_hugepage_pool_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'Memory set aside for huge pages, and how much of it is free; reserved memory counts as free.',
      labels: ['state'],
    },
    { name: 'gantry_node_numa_memory_bytes', type: 'gauge', unit: 'bytes', help: 'Memory of a NUMA node.', labels: ['node', 'kind'] },
    { name: 'gantry_node_ksm_shared_bytes', type: 'gauge', unit: 'bytes', help: 'Memory saved by merging equal pages.' },
    {
      name: 'gantry_node_memory_pressure_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'Time in which tasks waited for memory.',
      labels: ['kind'],
    },
  ],
  measure: ({ meminfo, available, usedMean, hugePages, hugePagePool, numa, events: counted, sharedByKsm, pressure }, emit) => {
    const kinds = { free: meminfo['MemFree'], available, buffers: meminfo['Buffers'], cached: meminfo['Cached'], slab: meminfo['Slab'] };
    for (const [kind, value] of Object.entries(kinds)) if (value !== undefined) emit('gantry_node_memory_bytes', value, kind);
    emit('gantry_node_memory_total_bytes', meminfo['MemTotal'] ?? 0);
    for (const [window, mean] of Object.entries(usedMean)) emit('gantry_node_memory_used_bytes', mean, window);
    emit('gantry_node_swap_bytes', meminfo['SwapTotal'] ?? 0, 'total');
    emit('gantry_node_swap_bytes', meminfo['SwapFree'] ?? 0, 'free');
    for (const name of ['pswpin', 'pswpout'] as const) emit(`gantry_node_${events[name]}_bytes`, (counted[name] ?? 0) * pageSize);
    emit('gantry_node_major_faults', counted.pgmajfault ?? 0);
    if (counted.oom_kill !== undefined) emit('gantry_node_oom_kills', counted.oom_kill);
    for (const { pageSize: size, total, free, reserved, surplus } of hugePages) {
      for (const [state, pages] of Object.entries({ total, free, reserved, surplus }))
        emit('gantry_node_hugepages', pages, String(size), state);
    }
    for (const state of poolStates) emit('gantry_node_hugepage_pool_bytes', hugePagePool[state], state);
    for (const { node, total, free } of numa) {
      emit('gantry_node_numa_memory_bytes', total, String(node), 'total');
      emit('gantry_node_numa_memory_bytes', free, String(node), 'free');
    }
    if (sharedByKsm !== null) emit('gantry_node_ksm_shared_bytes', sharedByKsm);
    for (const kind of ['some', 'full'] as const) {
      const line = pressure?.[kind];
      if (line) emit('gantry_node_memory_pressure_seconds', line.total, kind);
    }
  },
  start: ({ files, now, histories }) => {
    const history = histories.take('', 2, 900 / interval + 1);
    return () => {
      const meminfo = parseMemInfo(files.read('/proc/meminfo'));
      const available = availableMemory(meminfo);
      const used = rest(meminfo['MemTotal'] ?? 0, available);
      const time = now();
      history.push(time, nextLevel(history, 0, time, used));
      const hugePages = readHugePages(files);
      const ksm = files.readIfThere('/sys/kernel/mm/ksm/pages_sharing');
      return {
        meminfo,
        available,
        used,
        usedMean: overWindows((seconds) => Math.round(meanLevel(history, 0, seconds))),
        hugePages,
        hugePagePool: sumPool(hugePages),
        numa: readNuma(files),
        events: parseMemoryEvents(files.readIfThere('/proc/vmstat')),
        sharedByKsm: ksm === undefined ? null : Number(ksm) * pageSize,
        pressure: parsePressure(files.readIfThere('/proc/pressure/memory')),
      };
    };
  },
};
