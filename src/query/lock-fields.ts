import { Type } from 'typebox';
import { type Field, field, knownNull } from './field.ts';
import { listOf, names, nullable, other } from './field-kinds.ts';
import type { LockRow } from './view.ts';

export const LockMode = Type.Enum(['exclusive', 'shared']);

/** Every field of a lock. */
export const lockFields: readonly Field<LockRow>[] = [
  field('name', 'Name', other(Type.String()), 'Kind and name of what is locked', (lock) => lock.name),
  field('mode', 'Mode', other(nullable(LockMode)), 'exclusive or shared, or null when nobody holds it', (lock) => lock.mode ?? knownNull),
  field('owner', 'Owner', names, 'Jobs that hold it', (lock) => lock.owners.map((job) => String(job))),
  field(
    'pending',
    'Pending',
    listOf(Type.Tuple([LockMode, Type.Array(Type.String())])),
    'Jobs that wait for it, with the mode they want',
    (lock) => lock.pending.map(({ job, mode }) => [mode, [String(job)]]),
  ),
];
