import { Type } from 'typebox';
import { knownNull } from '../fields/cell.ts';
import { type Field, fieldsOf } from '../fields/field.ts';
import { niceCompare } from '../fields/nice-sort.ts';
import { listOf, names, nullable, other } from '../fields/value-types.ts';
import type { LockRow } from '../view.ts';
import { defineKind } from './kind.ts';

const { stored } = fieldsOf<LockRow>();

export const LockMode = Type.Enum(['exclusive', 'shared']);

const fields: readonly Field<LockRow>[] = [
  stored('name', 'Name', other(Type.String()), 'Kind and name of what is locked', (lock) => lock.name),
  stored('mode', 'Mode', other(nullable(LockMode)), 'exclusive or shared, or null when nobody holds it', (lock) => lock.mode ?? knownNull),
  stored('owner', 'Owner', names, 'Jobs that hold it', (lock) => lock.owners.map((job) => String(job))),
  stored(
    'pending',
    'Pending',
    listOf(Type.Tuple([LockMode, Type.Array(Type.String())])),
    'Jobs that wait for it, with the mode they want',
    (lock) => lock.pending.map(({ job, mode }): [typeof mode, string[]] => [mode, [String(job)]]),
  ),
];

export const lockKind = defineKind<LockRow>({
  name: 'lock',
  fields,
  items: ({ jobs }) => [...jobs.locks()].sort((left, right) => niceCompare(left.name, right.name)),
});
