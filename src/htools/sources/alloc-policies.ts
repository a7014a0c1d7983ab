import type { AllocPolicy } from '../../placement/index.ts';

/** Ganeti's words, for the check of what comes from outside. */
export const allocPolicies: readonly AllocPolicy[] = ['preferred', 'last_resort', 'unallocable'];
