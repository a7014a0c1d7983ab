import { GantryError, type Json, parseMebibytes } from '../../base/index.ts';
import { defineOption, type ParsedOptions, textOption } from '../command/command.ts';
import { formatPlain } from '../output/format-values.ts';
import { defineExtras } from './define-extras.ts';

export const instanceCreate = defineExtras({
  options: [
    defineOption('--memory <size>', 'memory, e.g. 512M or 2G; short for -B minmem=…,maxmem=…'),
    defineOption('--vcpus <n>', 'virtual processors; short for -B vcpus=…'),
    defineOption('-s, --os-size <size>', 'one disk of this size; short for --disk <size>'),
    defineOption('--no-nics', 'without any NIC', { key: 'nic-count' }),
  ],
  adjust: adjustInstanceCreate,
  sentence: (op, result) => `${formatPlain(op['instance_name'])} is on ${formatPlain(result)}.`,
});

function adjustInstanceCreate(params: Readonly<Record<string, Json>>, options: ParsedOptions): Record<string, Json> {
  const memory = textOption(options, 'memory');
  const vcpus = textOption(options, 'vcpus');
  const size = textOption(options, 'os-size');
  const { memory: both, ...beparams } = { ...((params['beparams'] ?? {}) as Record<string, Json>) };
  const mib = memory === undefined ? asMebibytes(both) : parseMebibytes(memory, 'memory');
  if (mib !== undefined) Object.assign(beparams, { minmem: mib, maxmem: mib });
  if (vcpus !== undefined) beparams['vcpus'] = wholeNumber(vcpus, 'vcpus');
  if (size !== undefined && params['disks']) {
    throw new GantryError('CLI_USAGE', { command: 'instance add', problem: 'Give --disk or --os-size, not both.' });
  }
  return {
    mode: 'create',
    ...params,
    ...(Object.keys(beparams).length > 0 ? { beparams } : {}),
    ...(size === undefined ? {} : { disks: [{ size: parseMebibytes(size, 'disks.0.size') }] }),
    ...(options.get('nic-count') === false ? { nics: [] } : {}),
  };
}

/** `-B memory=1G` is Ganeti's old word for both limits. */
function asMebibytes(value: Json | undefined): number | undefined {
  if (value === undefined) return undefined;
  return parseMebibytes(String(value), 'beparams.memory');
}

function wholeNumber(text: string, field: string): number {
  if (!/^\d{1,6}$/.test(text)) {
    throw new GantryError('INPUT_INVALID', { subject: 'command line', field, problem: `"${text}" is not a whole number` });
  }
  return Number(text);
}
