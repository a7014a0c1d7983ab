import { Type } from 'typebox';
import type { HypervisorRow } from './hypervisor-row.ts';

/** Known by name: a configuration may have it, and no node of this build has an adapter for it. */
export const lxc = {
  summary: 'system containers (LXC)',
  built: false,
  simulated: false,
  can: [],
  disks: 'mount',
  nics: 'veth',
  consoles: [],
  schema: Type.Object({}),
  defaults: {},
} as const satisfies HypervisorRow;
