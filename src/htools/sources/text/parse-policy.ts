import type { InstancePolicy, InstanceSpec, SpecRange } from '../../../placement/index.ts';
import { placementDiskTemplates } from '../placement-words.ts';
import type { TextCursor } from './text-cursor.ts';

/** Reads the columns of a policy that follow its owner. */
export function parsePolicy(cursor: TextCursor, fields: readonly string[]): InstancePolicy {
  const [standard, minMax, templates, vcpuRatio, spindleRatio] = fields as readonly [string, string, string, string, string];
  return {
    std: parseSpec(cursor, 'standard size', standard),
    ranges: parseRanges(cursor, minMax),
    diskTemplates: templates === '' ? [] : templates.split(',').map((name) => cursor.word('a disk template', name, placementDiskTemplates)),
    vcpuRatio: cursor.real('vcpu ratio', vcpuRatio),
    spindleRatio: cursor.real('spindle ratio', spindleRatio),
  };
}

function parseRanges(cursor: TextCursor, text: string): SpecRange[] {
  const specs = text === '' ? [] : text.split(';');
  if (specs.length % 2 === 1) cursor.fail(`${specs.length} minimal and maximal sizes, which are not pairs`);
  const ranges: SpecRange[] = [];
  for (let i = 0; i < specs.length; i += 2) {
    const min = parseSpec(cursor, 'minimal size', specs[i] as string);
    ranges.push({ min, max: parseSpec(cursor, 'maximal size', specs[i + 1] as string) });
  }
  return ranges;
}

function parseSpec(cursor: TextCursor, name: string, text: string): InstanceSpec {
  const parts = text.split(',');
  if (parts.length < 6) cursor.fail(`${name}: ${parts.length} numbers in place of 6: '${text}'`);
  const [memory, vcpus, disk, diskCount, nicCount, spindleUse] = parts.map((part) => cursor.integer(name, part)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return { memory, vcpus, disk, diskCount, nicCount, spindleUse };
}
