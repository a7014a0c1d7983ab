import type { LockRow } from '../../jobs/index.ts';
import { type Field, field, knownNull } from './field.ts';

/** Every field of a lock. */
export const lockFields: readonly Field<LockRow>[] = [
  field('name', 'Name', 'other', 'Kind and name of what is locked', (lock) => lock.name),
  field('mode', 'Mode', 'other', 'exclusive or shared, or null when nobody holds it', (lock) => lock.mode ?? knownNull),
  field('owner', 'Owner', 'other', 'Jobs that hold it', (lock) => lock.owners.map((job) => String(job))),
  field('pending', 'Pending', 'other', 'Jobs that wait for it, with the mode they want', (lock) =>
    lock.pending.map(({ job, mode }) => [mode, [String(job)]]),
  ),
];
