import type { OpcodeDefinition } from './define-opcode.ts';

type Params = Readonly<Record<string, unknown>>;

/** Objects that are named by UUID alone are named so where names are: there, either is taken. */
export function withUuidsAsNames({ uuids = [] }: Pick<OpcodeDefinition, 'uuids'>, op: Params): Params {
  const result: Record<string, unknown> = { ...op };
  for (const { uuid, name } of uuids) {
    if (isAbsent(op[uuid]) || !isAbsent(op[name])) continue;
    result[name] = op[uuid];
    delete result[uuid];
  }
  return result;
}

const isAbsent = (value: unknown) => value === undefined || value === null || (Array.isArray(value) && value.length === 0);
