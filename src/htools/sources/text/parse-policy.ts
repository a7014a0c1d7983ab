import { diskTemplates } from '../../../model/disk-templates/catalogue.ts';
import type { InstancePolicy, InstanceSpec, SpecRange } from '../../../placement/index.ts';
import type { TextCursor } from './text-cursor.ts';

/** Reads the columns of a policy that follow its owner. */
export function parsePolicy(cursor: TextCursor, fields: readonly string[]): InstancePolicy {
  const [standard, minMax, templates, vcpuRatio, spindleRatio] = fields as readonly [string, string, string, string, string];
  const memoryRatio = fields[5];
  return {
    std: parseSpec(cursor, 'standard size', standard),
    ranges: parseRanges(cursor, minMax),
    diskTemplates: templates === '' ? [] : templates.split(',').map((name) => cursor.word('a disk template', name, diskTemplates)),
    vcpuRatio: cursor.real('vcpu ratio', vcpuRatio),
    spindleRatio: cursor.real('spindle ratio', spindleRatio),
    // Ganeti's tools write no such column, and pass over one that is there.
    ...(memoryRatio === undefined ? {} : { memoryRatio: readMemoryRatio(cursor, memoryRatio) }),
  };
}

function readMemoryRatio(cursor: TextCursor, text: string): number {
  const ratio = cursor.real('memory ratio', text);
  return ratio >= 1 ? ratio : cursor.fail(`memory ratio is below 1: ${text}`);
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
  if (parts.length < 6) cursor.fail(`${name}: ${parts.length} numbers instead of 6: '${text}'`);
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
