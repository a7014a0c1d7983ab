import type { Touch } from '../../model/index.ts';

/**
 * Holds off placements: between its plan and its reservation a creation or a move counts on nodes, groups and networks
 * that it has chosen by itself, and so has no locks on. Whoever takes such a thing away waits until that is over.
 */
export const noPlacement: Touch = { kind: 'allocation', name: 'allocation', mode: 'shared' };
