import type { Touch } from '../../model/index.ts';

/**
 * Prevents placements. Between its plan and its reservation, a creation or a move relies on nodes, groups and networks that it
 * has chosen, but it has no locks on them. An operation that removes such an object waits until then.
 */
export const noPlacement: Touch = { kind: 'allocation', name: 'allocation', mode: 'shared' };
