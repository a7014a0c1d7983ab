import type { Collector } from '../collector/collector.ts';
import type { MonitoredInstance } from '../collector/instance-source.ts';

/** Fields as `lvs` names them and as Ganeti reports them, in the order of both, and how they are read. */
const fields = [
  ['lv_uuid', 'uuid', 'text'],
  ['lv_name', 'name', 'text'],
  ['lv_attr', 'attr', 'text'],
  ['lv_major', 'major', 'number'],
  ['lv_minor', 'minor', 'number'],
  ['lv_kernel_major', 'kernel_major', 'number'],
  ['lv_kernel_minor', 'kernel_minor', 'number'],
  ['lv_size', 'size', 'bytes'],
  ['seg_count', 'seg_count', 'number'],
  ['lv_tags', 'tags', 'text'],
  ['modules', 'modules', 'text'],
  ['vg_uuid', 'vg_uuid', 'text'],
  ['vg_name', 'vg_name', 'text'],
  ['segtype', 'segtype', 'text'],
  ['seg_start', 'seg_start', 'bytes'],
  ['seg_start_pe', 'seg_start_pe', 'number'],
  ['seg_size', 'seg_size', 'bytes'],
  ['seg_tags', 'seg_tags', 'text'],
  ['seg_pe_ranges', 'seg_pe_ranges', 'text'],
  ['devices', 'devices', 'text'],
] as const;

type FieldOf<Kind> = Extract<(typeof fields)[number], readonly [string, string, Kind]>[1];

/** One segment of a logical volume; most volumes have one. Sizes in bytes. */
export type LvSegment = { readonly [name in FieldOf<'text'>]: string } & { readonly [name in FieldOf<'number' | 'bytes'>]: number };

type LvReport = readonly (LvSegment & { readonly instance: string | null })[];

const lvsArguments = ['--noheadings', '--units', 'B', '--separator', ';', '-o', fields.map(([field]) => field).join(',')];

const patterns = { text: /^.*$/, number: /^-?\d+$/, bytes: /^\d+B$/ };

/**
 * Reads what `lvs` prints with {@link lvsArguments}, one segment a line.
 * @throws TypeError for a line of anything else; the last one may have been cut short and counts as such.
 */
export function parseLvs(text: string): LvSegment[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseLine);
}

function parseLine(line: string): LvSegment {
  const words = line.trimStart().split(';');
  if (words.length !== fields.length) throw new TypeError(`not a logical volume: ${JSON.stringify(line.slice(0, 200))}`);
  const entries = fields.map(([, name, kind], i) => {
    const word = words[i] ?? '';
    if (!patterns[kind].test(word)) throw new TypeError(`${name} of a logical volume is ${JSON.stringify(word.slice(0, 100))}`);
    return [name, kind === 'text' ? word : Number.parseInt(word, 10)];
  });
  return Object.fromEntries(entries) as LvSegment;
}

/** Ganeti's tag of a volume that was made for an instance. */
const origin = /(?:^|,)originstname\+([^,]+)/;

/** Names the instance whose disk a volume is; where that is not known, the one for which it was made. */
export function lvReport(segments: readonly LvSegment[], instances: readonly MonitoredInstance[]): LvReport {
  const owners = new Map(instances.flatMap(({ name, volumes = [] }) => volumes.map((volume) => [volume, name])));
  return segments.map((segment) => ({
    ...segment,
    instance: owners.get(`${segment.vg_name}/${segment.name}`) ?? origin.exec(segment.tags)?.[1] ?? null,
  }));
}

export const lv: Collector<LvReport> = {
  name: 'lv',
  category: 'storage',
  kind: 'performance',
  version: 'B',
  formatVersion: 1,
  help: 'Every logical volume and, if known, the instance that uses it as a disk or for which Ganeti made it.',
  interval: 60,
  timeout: 20,
  longestInterval: 900,
  metrics: [
    {
      name: 'gantry_lv_size_bytes',
      type: 'gauge',
      unit: 'bytes',
      help: 'Size of a logical volume.',
      labels: ['group', 'volume', 'instance'],
    },
  ],
  measure: (data, emit) => {
    for (const { seg_start, size, vg_name, name, instance } of data) {
      if (seg_start === 0) emit('gantry_lv_size_bytes', size, vg_name, name, instance ?? '');
    }
  },
  start:
    ({ commands, instances }) =>
    async ({ signal }) =>
      // A node without LVM has no logical volumes.
      lvReport(parseLvs((await commands.output('lvs', lvsArguments, signal)) ?? ''), instances.list()),
};
