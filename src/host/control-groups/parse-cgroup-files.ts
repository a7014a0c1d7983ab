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
    /** What stays when memory is short: of processes, shared, in temporary file systems, huge pages. */
    readonly resident: number;
    /** Of files on disks. */
    readonly cache: number;
    readonly swap: number;
  };
  readonly io?: { readonly readBytes: number; readonly writtenBytes: number; readonly reads: number; readonly writes: number };
}

const ticksPerSecond = 100;
const lineFeed = 10;

/** The number behind `key`, which ends with a blank, at the beginning of a line; 0 where it is not there. */
function keyed(text: string, key: string): number {
  let start = text.indexOf(key);
  while (start > 0 && text.charCodeAt(start - 1) !== lineFeed) start = text.indexOf(key, start + 1);
  return start < 0 ? 0 : Number.parseInt(text.slice(start + key.length, start + key.length + 20), 10) || 0;
}

/** Reads cpu.stat of version 2; `undefined` without its first line. */
export function parseCpuStat2(text: string | undefined): CgroupUsage['cpu'] {
  if (!text?.startsWith('usage_usec ')) return undefined;
  return {
    seconds: keyed(text, 'usage_usec ') / 1e6,
    user: keyed(text, 'user_usec ') / 1e6,
    system: keyed(text, 'system_usec ') / 1e6,
    throttled: keyed(text, 'throttled_usec ') / 1e6,
    throttledPeriods: keyed(text, 'nr_throttled '),
  };
}

/** Reads cpuacct.usage, cpuacct.stat and cpu.stat of version 1; the last is only there where time can be limited. */
export function parseCpuStat1(usage: string | undefined, stat: string | undefined, throttling: string | undefined): CgroupUsage['cpu'] {
  if (!/^\d+\n/.test(usage ?? '')) return undefined;
  return {
    seconds: Number.parseInt(usage ?? '', 10) / 1e9,
    user: keyed(stat ?? '', 'user ') / ticksPerSecond,
    system: keyed(stat ?? '', 'system ') / ticksPerSecond,
    throttled: keyed(throttling ?? '', 'throttled_time ') / 1e9,
    throttledPeriods: keyed(throttling ?? '', 'nr_throttled '),
  };
}

/** Reads memory.stat of either version, of which the second tells swap in a file of its own. */
export function parseMemoryStat(text: string | undefined, swap?: string): CgroupUsage['memory'] {
  if (text === undefined || !/^(?:anon|cache) \d/.test(text)) return undefined;
  if (text.startsWith('anon ')) {
    const swapped = Number.parseInt(swap ?? '', 10) || 0;
    return memoryOf(keyed(text, 'anon '), keyed(text, 'file '), keyed(text, 'shmem '), swapped);
  }
  // With those of groups below where the kernel counts them.
  if (text.includes('\ntotal_rss '))
    return memoryOf(keyed(text, 'total_rss '), keyed(text, 'total_cache '), keyed(text, 'total_shmem '), keyed(text, 'total_swap '));
  return memoryOf(keyed(text, 'rss '), keyed(text, 'cache '), keyed(text, 'shmem '), keyed(text, 'swap '));
}

/** The kernel counts shared memory and temporary file systems among files, but on no disk is there room for them. */
const memoryOf = (anonymous: number, files: number, shared: number, swap: number): CgroupUsage['memory'] => ({
  resident: anonymous + shared,
  cache: Math.min(Math.max(0, files), Math.max(0, files - shared)),
  swap,
});

const ioLine = / rbytes=(\d+) wbytes=(\d+) rios=(\d+) wios=(\d+)/g;

/** Reads io.stat of version 2, `8:0 rbytes=1 wbytes=2 rios=3 wios=4 …`, and sums all disks. */
export function parseIoStat2(text: string | undefined): CgroupUsage['io'] {
  if (text === undefined) return undefined;
  const io = { readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 };
  for (const [, readBytes, writtenBytes, reads, writes] of text.matchAll(ioLine)) {
    io.readBytes += Number(readBytes);
    io.writtenBytes += Number(writtenBytes);
    io.reads += Number(reads);
    io.writes += Number(writes);
  }
  return io;
}

const readLine = /^\d+:\d+ Read (\d+)$/gm;
const writeLine = /^\d+:\d+ Write (\d+)$/gm;

/** Reads the two files of version 1, `8:0 Read 123`, and sums all disks. */
export function parseIoStat1(bytes: string | undefined, operations: string | undefined): CgroupUsage['io'] {
  if (bytes === undefined || operations === undefined) return undefined;
  return {
    readBytes: sumOf(bytes, readLine),
    writtenBytes: sumOf(bytes, writeLine),
    reads: sumOf(operations, readLine),
    writes: sumOf(operations, writeLine),
  };
}

function sumOf(text: string, line: RegExp): number {
  let sum = 0;
  for (const [, value] of text.matchAll(line)) sum += Number(value);
  return sum;
}
