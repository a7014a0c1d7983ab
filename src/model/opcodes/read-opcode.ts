import { GantryError } from '../../base/index.ts';
import { normaliseOpcode } from '../normalise.ts';
import { validate } from '../validate.ts';
import { opcodeDefinition } from './catalogue.ts';
import type { OpcodeDefinition } from './define-opcode.ts';
import { ganetiDefaults } from './ganeti-defaults.ts';

type Params = Record<string, unknown>;

/** An opcode that was checked against the catalogue. */
export interface ReadOpcode {
  readonly definition: OpcodeDefinition;
  /** In the one form that operations know; without what was null. */
  readonly params: Params & { readonly OP_ID: string };
}

/**
 * An opcode as clients of Ganeti send it, in the form that operations know.
 * @throws INPUT_INVALID naming the first offending parameter
 */
export function readOpcode(op: Readonly<Params>): ReadOpcode {
  const definition = opcodeDefinition(String(op['OP_ID']));
  const own = normaliseOpcode(definition.params, withoutForeign(definition, withMemory(definition, op)));
  return { definition, params: validate(definition.params, own, definition.id) as ReadOpcode['params'] };
}

/**
 * Parameters that Ganeti has and this version does not may be there as long as they ask for nothing: null, or Ganeti's
 * default.
 */
function withoutForeign({ id, params }: OpcodeDefinition, op: Readonly<Params>): Params {
  const result: Params = {};
  const foreign = ganetiDefaults[id] ?? {};
  for (const [name, value] of Object.entries(op)) {
    if (Object.hasOwn(params.properties, name) || !Object.hasOwn(foreign, name)) result[name] = value;
    else if (!asksForNothing(value, foreign[name])) {
      throw new GantryError('INPUT_INVALID', { subject: id, field: name, problem: 'is not offered by this version' });
    }
  }
  return result;
}

function asksForNothing(value: unknown, byDefault: unknown): boolean {
  const text = JSON.stringify(value);
  return value === null || text === JSON.stringify(byDefault) || (text === '{}' && byDefault === null);
}

/** Ganeti's older `memory` of the beparams stands for both limits, where they are not given. */
function withMemory({ params }: OpcodeDefinition, op: Readonly<Params>): Readonly<Params> {
  const beparams = op['beparams'];
  if (!Object.hasOwn(params.properties, 'beparams') || typeof beparams !== 'object' || beparams === null) return op;
  if (!Object.hasOwn(beparams, 'memory')) return op;
  const { memory, ...others } = beparams as Params;
  return { ...op, beparams: { minmem: memory, maxmem: memory, ...others } };
}
