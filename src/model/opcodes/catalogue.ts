import { GantryError } from '../../base/index.ts';
import type { OpcodeDefinition } from './define-opcode.ts';
import { ganetiOperations } from './ganeti-operations.ts';
import { opcodes } from './opcodes.ts';

/** Every opcode, by its id. */
export const opcodeCatalogue: ReadonlyMap<string, OpcodeDefinition> = new Map(
  Object.values(opcodes).map((definition) => [definition.id, definition as unknown as OpcodeDefinition]),
);

/** @throws INPUT_INVALID for an opcode that does not exist, API_NOT_YET for one of Ganeti's that this version does not have */
export function opcodeDefinition(id: string): OpcodeDefinition {
  const found = opcodeCatalogue.get(id);
  const later = found ? undefined : ganetiOperations.find(({ opcodes = [] }) => opcodes.includes(id));
  if (later) throw new GantryError('API_NOT_YET', { operation: later.operation });
  if (!found) throw new GantryError('INPUT_INVALID', { subject: 'opcode', field: 'OP_ID', problem: `"${id}" is not an opcode` });
  return found;
}
