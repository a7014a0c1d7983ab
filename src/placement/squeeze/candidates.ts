import type { ClusterState } from '../state/cluster-state.ts';
import type { SqueezeOptions } from './squeeze-options.ts';
import { standbyPrefix } from './squeeze-plan.ts';

/**
 * Nodes that may be switched off, the fullest first: online, not the master, and holding only what can be moved without
 * copying disks (or, when asked, mirrored instances).
 */
export function offCandidates(state: ClusterState, { mirrored = false }: SqueezeOptions): number[] {
  const { nodes, instances, data } = state;
  const held = new Uint8Array(state.nodeCount);
  for (let i = 0; i < state.instanceCount; i++) {
    if (instances.forthcoming[i] === 1) continue;
    const primary = instances.primary[i] as number;
    const secondary = instances.secondary[i] as number;
    const holds = mirrored ? instances.movable[i] === 0 : instances.local[i] === 1;
    if (primary >= 0 && holds) held[primary] = 1;
    if (secondary >= 0 && (holds || !mirrored)) held[secondary] = 1;
  }
  const size = (n: number) => (nodes.primaries[n] as number) + (mirrored ? (nodes.secondaries[n] as number) : 0);
  return [...state.scope]
    .filter((n) => nodes.offline[n] === 0 && data.nodes[n]?.master === false && held[n] === 0)
    .sort((a, b) => size(b) - size(a));
}

/** Nodes that may be switched on: off, and tagged as standing by. */
export function onCandidates({ data, nodes, scope }: ClusterState): number[] {
  return [...scope].filter((n) => nodes.offline[n] === 1 && data.nodes[n]?.tags.some((tag) => tag.startsWith(standbyPrefix)));
}
