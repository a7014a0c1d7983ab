import type { InstanceStatus } from './cluster-data.ts';

const idle: ReadonlySet<InstanceStatus> = new Set(['ADMIN_down', 'ADMIN_offline', 'ERROR_down', 'USER_down']);

/** Whether an instance in this state takes memory on its node. */
export const usesMemory = (status: InstanceStatus): boolean => !idle.has(status);

/** Whether it runs, so that it is migrated rather than failed over. */
export const isRunning = (status: InstanceStatus): boolean => status === 'running' || status === 'ERROR_up';

/** Offline instances take neither processors nor reserved memory. */
export const isOffline = (status: InstanceStatus): boolean => status === 'ADMIN_offline';
