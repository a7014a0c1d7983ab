import { GantryError, type Json, parseMebibytes } from '../../base/index.ts';
import { defineOption, type OptionSpec, type ParsedOptions, textOption } from './command.ts';
import { parseList } from './parse-values.ts';

const example = 'min:cpu-count=1,memory-size=128,…/max:cpu-count=16,memory-size=64G,…';

/** The parts of an instance policy that are no single values, in Ganeti's notation. */
export const ipolicyOptions: readonly OptionSpec[] = [
  defineOption('--ipolicy-bounds-specs <specs>', `smallest and largest instances: ${example}; several pairs are joined by "//"`),
  defineOption('--ipolicy-std-specs <specs>', 'size of a standard instance: cpu-count=1,memory-size=1G,…'),
  defineOption('--ipolicy-disk-templates <list>', 'disk templates that instances may have, separated by commas'),
];

/** Adds what these options say to the parameter `ipolicy`. @throws INPUT_INVALID */
export function adjustIpolicy(params: Readonly<Record<string, Json>>, options: ParsedOptions): Record<string, Json> {
  const bounds = textOption(options, 'ipolicy-bounds-specs');
  const std = textOption(options, 'ipolicy-std-specs');
  const templates = textOption(options, 'ipolicy-disk-templates');
  if (bounds === undefined && std === undefined && templates === undefined) return { ...params };
  const ipolicy = {
    ...(params['ipolicy'] as Record<string, Json> | undefined),
    ...(bounds === undefined ? {} : { minmax: bounds.split('//').map(parsePair) }),
    ...(std === undefined ? {} : { std: parsePoint(std, 'ipolicy.std') }),
    ...(templates === undefined ? {} : { 'disk-templates': parseList(templates) }),
  };
  return { ...params, ipolicy };
}

function parsePair(text: string, index: number): Json {
  const field = `ipolicy.minmax.${index}`;
  const [min, max] = text.split('/');
  if (!min?.startsWith('min:') || !max?.startsWith('max:')) throw invalid(field, `"${text}" is not of the form ${example}`);
  return { min: parsePoint(min.slice(4), `${field}.min`), max: parsePoint(max.slice(4), `${field}.max`) };
}

const names = ['cpu-count', 'disk-count', 'disk-size', 'memory-size', 'nic-count', 'spindle-use'];

/** All six numbers, as Ganeti asks for them: what is left out would not be limited by what stood there before. */
function parsePoint(text: string, field: string): Record<string, Json> {
  const point: Record<string, Json> = {};
  for (const part of text.split(',').filter(Boolean)) {
    const [name = '', value = ''] = part.split('=');
    if (!names.includes(name)) throw invalid(`${field}.${name}`, `is not known; the names are ${names.join(', ')}`);
    point[name] = name.endsWith('-size') ? parseMebibytes(value, `${field}.${name}`) : wholeNumber(value, `${field}.${name}`);
  }
  const missing = names.filter((name) => !(name in point));
  if (missing.length > 0) throw invalid(field, `lacks ${missing.join(', ')}`);
  return point;
}

function wholeNumber(text: string, field: string): number {
  if (!/^\d{1,9}$/.test(text)) throw invalid(field, `"${text}" is not a whole number`);
  return Number(text);
}

const invalid = (field: string, problem: string): GantryError =>
  new GantryError('INPUT_INVALID', { subject: 'command line', field, problem });
