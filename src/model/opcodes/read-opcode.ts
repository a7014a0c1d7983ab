import { normaliseOpcode } from '../normalise.ts';
import { resetWord } from '../params/reset.ts';
import { validate } from '../validate.ts';
import { opcodeDefinition } from './catalogue.ts';
import type { OpcodeDefinition } from './define-opcode.ts';
import { withUuidsAsNames } from './object-uuids.ts';
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
  const known = withoutForeign(definition, withUuidsAsNames(definition.id, withGanetiForms(definition, op)));
  const own = normaliseOpcode(definition.params, known);
  return { definition, params: validate(definition.params, own, definition.id) as ReadOpcode['params'] };
}

function withGanetiForms(definition: OpcodeDefinition, op: Readonly<Params>): Readonly<Params> {
  return withTagKind(definition, withResetPolicy(definition, withMemory(op)));
}

/** A list of the policy is reset by an empty list, too, or by the word in a list. */
function withResetPolicy({ id }: OpcodeDefinition, op: Readonly<Params>): Readonly<Params> {
  const ipolicy = op['ipolicy'];
  if (id !== 'OP_GROUP_SET_PARAMS' || typeof ipolicy !== 'object' || ipolicy === null || Array.isArray(ipolicy)) return op;
  const isReset = (value: unknown) => Array.isArray(value) && (value.length === 0 || (value.length === 1 && value[0] === resetWord));
  return { ...op, ipolicy: Object.fromEntries(Object.entries(ipolicy).map(([name, value]) => [name, isReset(value) ? resetWord : value])) };
}

/** Ganeti calls a node group so where it is tagged. */
function withTagKind({ id }: OpcodeDefinition, op: Readonly<Params>): Readonly<Params> {
  return (id === 'OP_TAGS_SET' || id === 'OP_TAGS_DEL') && op['kind'] === 'nodegroup' ? { ...op, kind: 'group' } : op;
}

/** Ganeti's older `memory` of the beparams stands for both limits, where they are not given. */
function withMemory(op: Readonly<Params>): Readonly<Params> {
  const beparams = op['beparams'];
  if (typeof beparams !== 'object' || beparams === null) return op;
  if (!Object.hasOwn(beparams, 'memory')) return op;
  const { memory, ...others } = beparams as Params;
  return { ...op, beparams: { minmem: memory, maxmem: memory, ...others } };
}
