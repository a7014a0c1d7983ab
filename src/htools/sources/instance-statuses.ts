import type { InstanceStatus } from '../../placement/index.ts';

/** Ganeti's words, for the check of what comes from outside. */
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
