import { GantryError, type Json, parseMebibytes } from '../../base/index.ts';
import { defineOption, type OptionSpec, type ParsedOptions, textOption } from './command.ts';
import { adjustIpolicy, ipolicyOptions } from './ipolicy-options.ts';

/** Short ways to say something that the catalogue's flags say at length. */
interface OpcodeExtras {
  readonly options: readonly OptionSpec[];
  adjust(params: Readonly<Record<string, Json>>, options: ParsedOptions): Record<string, Json>;
}

export const opcodeExtras: Readonly<Record<string, OpcodeExtras>> = {
  OP_INSTANCE_CREATE: {
    options: [
      defineOption('--memory <size>', 'memory, e.g. 512M or 2G; short for -B minmem=…,maxmem=…'),
      defineOption('--vcpus <n>', 'virtual processors; short for -B vcpus=…'),
      defineOption('-s, --os-size <size>', 'one disk of this size; short for --disk <size>'),
      defineOption('--no-nics', 'without any NIC', { key: 'nic-count' }),
    ],
    adjust: adjustInstanceCreate,
  },
  OP_CLUSTER_SET_PARAMS: {
    options: ipolicyOptions,
    adjust: (params, options) => adjustIpolicy(adjustCollectors(params), options),
  },
  OP_GROUP_ADD: { options: ipolicyOptions, adjust: adjustIpolicy },
  OP_GROUP_SET_PARAMS: { options: ipolicyOptions, adjust: adjustIpolicy },
};

/** Seconds, as they are said to people, become Ganeti's microseconds; `default` is what stands for nothing set. */
function adjustCollectors(params: Readonly<Record<string, Json>>): Record<string, Json> {
  const { enabled_data_collectors: active, data_collector_interval: interval, ...others } = params;
  return {
    ...others,
    ...(active === undefined ? {} : { enabled_data_collectors: eachValue(active, (value) => value) }),
    ...(interval === undefined ? {} : { data_collector_interval: eachValue(interval, microseconds) }),
  };
}

const eachValue = (values: Json, change: (value: Json, field: string) => Json): Json =>
  Object.fromEntries(
    Object.entries(values as Record<string, Json>).map(([name, value]) => [name, value === 'default' ? null : change(value, name)]),
  );

function microseconds(value: Json, name: string): number {
  const seconds = typeof value === 'boolean' ? Number.NaN : Number(value);
  if (Number.isFinite(seconds)) return Math.round(seconds * 1e6);
  const problem = `"${String(value)}" is not a number of seconds`;
  throw new GantryError('INPUT_INVALID', { subject: 'command line', field: `data_collector_interval.${name}`, problem });
}

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
