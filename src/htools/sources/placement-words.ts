import type { AllocPolicy, InstanceStatus } from '../../placement/index.ts';

/** The words of Ganeti's interfaces, for the check of what comes from outside. */
export const allocPolicies: readonly AllocPolicy[] = ['preferred', 'last_resort', 'unallocable'];

export const instanceStatuses: readonly InstanceStatus[] = [
  'running',
  'ERROR_up',
  'ERROR_down',
  'ERROR_nodedown',
  'ERROR_nodeoffline',
  'ERROR_wrongnode',
  'ADMIN_down',
  'ADMIN_offline',
  'USER_down',
];
