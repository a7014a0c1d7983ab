import { type ErrorCode, GantryError } from '../../../base/index.ts';

/** Agents of earlier versions say HYPERVISOR_MISSING. */
const codes: readonly ErrorCode[] = ['HYPERVISOR_UNSUPPORTED', 'HYPERVISOR_MISSING'];

/** Whether a call failed because the node has nothing for the hypervisor of the instance. */
export const lacksAdapter = (error: unknown): error is GantryError => error instanceof GantryError && codes.includes(error.code);
