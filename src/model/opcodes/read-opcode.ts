import { normaliseOpcode } from '../normalise.ts';
import { validate } from '../validate.ts';
import { opcodeDefinition } from './catalogue.ts';
import type { OpcodeDefinition } from './define-opcode.ts';
import { withUuidsAsNames } from './with-uuids-as-names.ts';
import { withoutForeign } from './without-foreign.ts';

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
  const given = withMemory(op);
  const known = withoutForeign(definition, withUuidsAsNames(definition, definition.ganeti?.read?.(given) ?? given));
  const own = normaliseOpcode(definition.params, known);
  return { definition, params: validate(definition.params, own, definition.id) as ReadOpcode['params'] };
}

/** Ganeti's older `memory` of the beparams stands for both limits, where they are not given. */
function withMemory(op: Readonly<Params>): Readonly<Params> {
  const beparams = op['beparams'];
  if (typeof beparams !== 'object' || beparams === null) return op;
  if (!Object.hasOwn(beparams, 'memory')) return op;
  const { memory, ...others } = beparams as Params;
  return { ...op, beparams: { minmem: memory, maxmem: memory, ...others } };
}
