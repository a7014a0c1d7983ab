import { type ErrorCode, GantryError } from '../../../base/index.ts';

const codes: readonly ErrorCode[] = ['NODE_UNREACHABLE', 'NODE_TIMED_OUT', 'NODE_GARBLED'];

/** Whether a call failed because the node could not be talked to, so that what it did is unknown. */
export const isUnreachable = (error: unknown): boolean => error instanceof GantryError && codes.includes(error.code);
