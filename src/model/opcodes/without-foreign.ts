import { GantryError } from '../../base/index.ts';
import type { OpcodeDefinition } from './define-opcode.ts';

type Params = Readonly<Record<string, unknown>>;

/**
 * Parameters that Ganeti has and this version does not may be there as long as they ask for nothing: null, or Ganeti's
 * default.
 */
export function withoutForeign(definition: OpcodeDefinition, op: Params): Params {
  return withoutForeignMembers(definition, withoutForeignParams(definition, op));
}

function withoutForeignParams(
  { id, params, ganeti: { defaults: foreign = {}, asksForNothing = {} } = {} }: OpcodeDefinition,
  op: Params,
): Params {
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(op)) {
    if (Object.hasOwn(params.properties, name) || !Object.hasOwn(foreign, name)) result[name] = value;
    else if (!isNothing(value, [foreign[name], ...(asksForNothing[name] ?? [])])) {
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

/** The same for members of parameters. */
function withoutForeignMembers({ ganeti: { foreignMembers = {} } = {} }: OpcodeDefinition, op: Params): Params {
  const result: Record<string, unknown> = { ...op };
  for (const [param, names] of Object.entries(foreignMembers)) {
    const list = op[param];
    if (Array.isArray(list)) result[param] = list.map((each) => (isObject(each) ? withoutNulls(each, names) : each));
  }
  return result;
}

const withoutNulls = (each: Params, names: readonly string[]): Params =>
  Object.fromEntries(Object.entries(each).filter(([name, value]) => value !== null || !names.includes(name)));
