import type { Collector } from '../collector/collector.ts';

/** Ganeti's names of the columns of /proc/diskstats, after the device's name; kernels since 4.18 and 5.5 have more, under names of ours. */
const columns = [
  'readsNum',
  'mergedReads',
  'secRead',
  'timeRead',
  'writes',
  'mergedWrites',
  'secWritten',
  'timeWrite',
  'ios',
  'timeIO',
  'wIOmillis',
  'discards',
  'mergedDiscards',
  'secDiscarded',
  'timeDiscard',
  'flushes',
  'timeFlush',
] as const;

type DiskStats = { readonly major: number; readonly minor: number; readonly name: string } & {
  readonly [column in (typeof columns)[number]]?: number;
};

/** One entry a device. Kernels have 14, 18 or 20 columns; what comes after those is left out, and so is a line that is cut short or garbled. */
export function parseDiskStats(text: string): DiskStats[] {
  const disks: DiskStats[] = [];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const name = words[2];
    if (name === undefined || words.length < 14) continue;
    const disk: Record<string, number | string> = { major: Number(words[0]), minor: Number(words[1]), name };
    const last = Math.min(words.length - 3, columns.length);
    for (let i = 0; i < last; i++) disk[columns[i] as string] = Number(words[i + 3]);
    if (!Object.values(disk).includes(Number.NaN)) disks.push(disk as DiskStats);
  }
  return disks;
}

const labels = ['device'];

/** The kernel counts sectors of 512 bytes, whatever the disk's are. */
const sector = 512;

export const diskstats: Collector<DiskStats[]> = {
  name: 'diskstats',
  category: 'storage',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'Counters of every block device since it appeared.',
  interval: 5,
  timeout: 2,
  longestInterval: 15,
  metrics: [
    { name: 'gantry_node_disk_reads_completed', type: 'counter', help: 'Reads finished.', labels },
    { name: 'gantry_node_disk_writes_completed', type: 'counter', help: 'Writes finished.', labels },
    { name: 'gantry_node_disk_read_bytes', type: 'counter', unit: 'bytes', help: 'Bytes read.', labels },
    { name: 'gantry_node_disk_written_bytes', type: 'counter', unit: 'bytes', help: 'Bytes written.', labels },
    {
      name: 'gantry_node_disk_io_time_seconds',
      type: 'counter',
      unit: 'seconds',
      help: 'Time during which at least one request was running.',
      labels,
    },
  ],
  measure: (data, emit) => {
    for (const disk of data) {
      emit('gantry_node_disk_reads_completed', disk.readsNum ?? 0, disk.name);
      emit('gantry_node_disk_writes_completed', disk.writes ?? 0, disk.name);
      emit('gantry_node_disk_read_bytes', (disk.secRead ?? 0) * sector, disk.name);
      emit('gantry_node_disk_written_bytes', (disk.secWritten ?? 0) * sector, disk.name);
      emit('gantry_node_disk_io_time_seconds', (disk.timeIO ?? 0) / 1000, disk.name);
    }
  },
  start:
    ({ files }) =>
    () => {
      const text = files.read('/proc/diskstats');
      const disks = parseDiskStats(text);
      if (disks.length === 0 && text.trim() !== '') throw new TypeError(`not a table of disks: ${JSON.stringify(text.slice(0, 200))}`);
      return disks;
    },
};
