import { GantryError } from '../../base/index.ts';
import { withoutForeignHvparams } from '../params/without-foreign-hvparams.ts';
import type { OpcodeDefinition } from './define-opcode.ts';
import { asksForNothing, foreignMembers, ganetiDefaults } from './ganeti-defaults.ts';

type Params = Readonly<Record<string, unknown>>;

/**
 * Parameters that Ganeti has and this version does not may be there as long as they ask for nothing: null, or Ganeti's
 * default.
 */
export function withoutForeign(definition: OpcodeDefinition, op: Params): Params {
  return withoutForeignMembers(definition, withoutForeignParams(definition, op));
}

function withoutForeignParams({ id, params }: OpcodeDefinition, op: Params): Params {
  const result: Record<string, unknown> = {};
  const foreign = ganetiDefaults[id] ?? {};
  for (const [name, value] of Object.entries(op)) {
    if (Object.hasOwn(params.properties, name) || !Object.hasOwn(foreign, name)) result[name] = value;
    else if (!isNothing(value, [foreign[name], ...(asksForNothing[id]?.[name] ?? [])])) {
      throw new GantryError('INPUT_INVALID', { subject: id, field: name, problem: 'is not offered by this version' });
    }
  }
  return result;
}

function isNothing(value: unknown, nothing: readonly unknown[]): boolean {
  const text = JSON.stringify(value);
  return value === null || nothing.some((one) => text === JSON.stringify(one) || (text === '{}' && one === null));
}

const isObject = (value: unknown): value is Params => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same for members of disks, NICs and hvparams. NICs may say "none" for what they do not have. */
function withoutForeignMembers({ id }: OpcodeDefinition, op: Params): Params {
  const result: Record<string, unknown> = { ...op };
  for (const [param, names] of Object.entries(foreignMembers[id] ?? {})) {
    const list = op[param];
    if (Array.isArray(list)) result[param] = list.map((each) => (isObject(each) ? withoutNulls(each, names) : each));
  }
  if (id === 'OP_INSTANCE_CREATE' && Array.isArray(result['nics'])) result['nics'] = result['nics'].map(withoutNone);
  if (id !== 'OP_CLUSTER_SET_PARAMS') return result;
  const { hvparams, os_hvp } = op;
  if (isObject(hvparams)) result['hvparams'] = ofAllHypervisors(hvparams);
  if (isObject(os_hvp)) {
    result['os_hvp'] = Object.fromEntries(Object.entries(os_hvp).map(([os, each]) => [os, isObject(each) ? ofAllHypervisors(each) : each]));
  }
  return result;
}

const withoutNulls = (each: Params, names: readonly string[]): Params =>
  Object.fromEntries(Object.entries(each).filter(([name, value]) => value !== null || !names.includes(name)));

/** A hypervisor of which nothing is left is left out: this version may not have it at all. */
function ofAllHypervisors(byHypervisor: Params): Params {
  const result: Record<string, unknown> = {};
  for (const [name, given] of Object.entries(byHypervisor)) {
    if (!isObject(given)) {
      result[name] = given;
      continue;
    }
    const own = withoutForeignHvparams(name, given);
    if (Object.keys(own).length > 0 || Object.keys(given).length === 0) result[name] = own;
  }
  return result;
}

function withoutNone(nic: unknown): unknown {
  if (!isObject(nic)) return nic;
  const isNone = (name: string, value: unknown) =>
    ['ip', 'network', 'name'].includes(name) && typeof value === 'string' && value.toLowerCase() === 'none';
  return Object.fromEntries(Object.entries(nic).filter(([name, value]) => !isNone(name, value)));
}
