import { GantryError } from '../../base/index.ts';
import type { JobPriority } from '../../execution/index.ts';
import { type DiskTemplate, diskTemplates } from '../../model/disk-templates/catalogue.ts';
import { parseUnit } from '../sources/simulation/parse-unit.ts';
import type { RequestedSpec } from './settings.ts';

/** The value of an option, or of a part of it, is not what it must be. */
export function refuseValue(problem: string): never {
  throw new GantryError('HTOOLS_OPTION_VALUE', { problem });
}

const integerForm = /^\s*-?(?:0[xX][\da-fA-F]+|\d+)/;
const realForm = /^\s*(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|-?Infinity)/;

/** A whole number; `name` says in errors what it is. */
export function readInteger(name: string, text: string): number {
  const number = exactly(integerForm, name, text).trimStart();
  return number.startsWith('-') ? 0 - Number(number.slice(1)) : Number(number);
}

/** A number, with or without decimals and exponent. */
export const readReal = (name: string, text: string): number => Number(exactly(realForm, name, text));

function exactly(form: RegExp, name: string, text: string): string {
  const [number] = form.exec(text) ?? refuseValue(`${name}: cannot parse string '${text}'`);
  if (number.length < text.length) refuseValue(`${name}: leftover characters when parsing '${text}': '${text.slice(number.length)}'`);
  return number;
}

/** As Ganeti splits: nothing gives an empty list. */
export const readList = (text: string): readonly string[] => (text === '' ? [] : text.split(','));

/** `yes` or `no`; nothing is yes. */
export function readYesNo(text: string | undefined): boolean {
  if (text === undefined || text === 'yes') return true;
  return text === 'no' ? false : refuseValue(`Invalid choice '${text}', pass one of 'yes' or 'no'`);
}

/** `DISK,MEMORY,CPUS[,SPINDLES]`, the first two with units. */
export function readSpec(name: string, text: string): RequestedSpec {
  const [disk, memory, vcpus, spindles = '1', ...more] = readList(text);
  if (disk === undefined || memory === undefined || vcpus === undefined || more.length > 0) {
    return refuseValue(`Invalid ${name} specification: '${text}', expected disk,ram,cpu`);
  }
  return {
    disk: readSize(`${name} specs disk`, disk),
    memory: readSize(`${name} specs memory`, memory),
    vcpus: readInteger(`${name} specs cpus`, vcpus),
    spindles: readInteger(`${name} specs spindles`, spindles),
  };
}

function readSize(name: string, text: string): number {
  return parseUnit(text) ?? refuseValue(`${name}: '${text}' is not a size such as 512m, 10g or 1t`);
}

export function readDiskTemplate(text: string): DiskTemplate {
  if (!diskTemplates.some((name) => name === text))
    refuseValue(`'${text}' is not a disk template: use one of ${[...diskTemplates].join(', ')}`);
  return text as DiskTemplate;
}

const priorities: ReadonlySet<string> = new Set<JobPriority>(['low', 'normal', 'high']);

export function readPriority(text: string): JobPriority {
  return priorities.has(text) ? (text as JobPriority) : refuseValue(`Unknown priority '${text}'`);
}

/** `ON,OFF`: parts between 0 and 1, the second not above the first. */
export function readThresholds(name: string, text: string): { on: number; off: number } {
  const [on, off, ...more] = readList(text).map((part) => readReal(name, part));
  if (on === undefined || off === undefined || more.length > 0 || !(off >= 0 && off <= on)) {
    return refuseValue(`${name}: '${text}' is not two numbers ON,OFF of which the second is not above the first`);
  }
  return { on, off };
}

export const readFormat = (text: string): 'text' | 'json' =>
  text === 'text' || text === 'json' ? text : refuseValue(`Unknown output format '${text}', pass one of 'text' or 'json'`);
