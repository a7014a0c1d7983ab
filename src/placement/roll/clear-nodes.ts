import { type Configuration, isRedundant, movePrimary, moveSecondary, type Relocation, rollBack } from './configuration.ts';

/** Nodes that can be cleared at the same time, with the changes that clear them. */
export interface ClearedGroup {
  readonly nodes: readonly number[];
  readonly steps: readonly Relocation[];
}

/** What is to be moved off a node, and how one of these is put on another. */
interface Clearing {
  readonly listed: (config: Configuration, node: number) => readonly number[];
  readonly put: (config: Configuration, instance: number, to: number) => boolean;
}

export const clearNonRedundant: Clearing = {
  listed: (config, node) => (config.primaries[node] ?? []).filter((i) => !isRedundant(config, i)),
  put: movePrimary,
};

export const clearSecondaries: Clearing = { listed: ({ secondaries }, node) => secondaries[node] ?? [], put: moveSecondary };

/**
 * Cuts a group into parts that can each be cleared at once, greedily and each from the configuration as it is.
 * @param targets nodes that instances may go to
 * @returns undefined when a node cannot be cleared even alone
 */
export function partition(
  config: Configuration,
  group: readonly number[],
  targets: readonly number[],
  clearing: Clearing,
): ClearedGroup[] | undefined {
  const start = config.steps.length;
  const parts: ClearedGroup[] = [];
  for (let left = group; left.length > 0; ) {
    const nodes = clearGreedily(config, left, targets, clearing);
    parts.push({ nodes, steps: config.steps.slice() });
    rollBack(config, start);
    if (nodes.length === 0) return undefined;
    left = left.filter((n) => !nodes.includes(n));
  }
  return parts;
}

/** Clears one node after the other as long as the other nodes have enough resources; cleared nodes accept nothing. */
function clearGreedily(config: Configuration, group: readonly number[], targets: readonly number[], { listed, put }: Clearing): number[] {
  const { group: nodeGroup } = config.state.nodes;
  let open = targets;
  return group.filter((node) => {
    const before = config.steps.length;
    const others = open.filter((n) => n !== node);
    const near = others.filter((n) => nodeGroup[n] === nodeGroup[node]);
    const cleared = listed(config, node).every((i) => near.some((to) => put(config, i, to)));
    if (cleared) open = others;
    else rollBack(config, before);
    return cleared;
  });
}
