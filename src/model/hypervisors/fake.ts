import { Type } from 'typebox';
import type { HypervisorRow } from './hypervisor-row.ts';

/** Machines in memory alone, for simulated clusters of thousands of nodes. */
export const fake = {
  summary: 'simulated machines',
  built: true,
  simulated: true,
  can: ['migration', 'reset', 'resume'],
  disks: 'block',
  nics: 'tap',
  consoles: [],
  schema: Type.Object({ migration_mode: Type.Enum(['live', 'non-live']) }, { additionalProperties: false }),
  defaults: { migration_mode: 'live' },
} as const satisfies HypervisorRow;
