import type { ClusterState } from '../state/cluster-state.ts';
import { mirror } from '../state/instance-columns.ts';
import { type EvacuationLimits, evacuate } from './evacuate.ts';

/** The new node of an instance, or why there is none. */
export type Relocation = { readonly node: number } | { readonly failure: string };

/** Finds another secondary node, or where the disks are shared another primary. The state is changed. */
export function relocate(
  state: ClusterState,
  i: number,
  requiredNodes: number,
  from: readonly number[],
  limits: EvacuationLimits,
): Relocation {
  const { instances } = state;
  if (requiredNodes !== 1) return { failure: `Exchange ${requiredNodes} nodes mode is not implemented` };
  if (instances.mirroring[i] === mirror.none) return { failure: "Can't relocate non-mirrored instances" };
  const mirrored = instances.mirroring[i] === mirror.internal;
  const left = (mirrored ? instances.secondary[i] : instances.primary[i]) as number;
  if (from.length !== 1 || from[0] !== left) {
    const role = mirrored ? 'secondary' : 'primary';
    return { failure: `Unsupported request: excluded nodes not equal to instance's ${role}(${left} versus [${from.join(',')}])` };
  }
  const [evacuation] = evacuate(state, [i], mirrored ? 'secondary-only' : 'primary-only', limits);
  if (!evacuation || 'failure' in evacuation) return { failure: evacuation?.failure ?? '' };
  return { node: (mirrored ? instances.secondary[i] : instances.primary[i]) as number };
}
