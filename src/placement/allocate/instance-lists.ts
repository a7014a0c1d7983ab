import type { ClusterState } from '../state/cluster-state.ts';

/** The primary instances of each node, the last that came first, as lists in two columns. */
export interface InstanceLists {
  first: Int32Array;
  next: Int32Array;
}

export function createInstanceLists({ instances, instanceCount, nodeCount }: ClusterState): InstanceLists {
  const lists = { first: new Int32Array(nodeCount).fill(-1), next: new Int32Array(instances.primary.length).fill(-1) };
  for (let i = 0; i < instanceCount; i++) {
    const n = instances.primary[i] as number;
    if (n >= 0 && instances.forthcoming[i] === 0) enlist(lists, n, i);
  }
  return lists;
}

/** Instance `i` came to node `n`. */
export function enlist({ first, next }: InstanceLists, n: number, i: number): void {
  next[i] = first[n] as number;
  first[n] = i;
}

/** Instance `i` left node `n`. */
export function delist({ first, next }: InstanceLists, n: number, i: number): void {
  if (first[n] === i) {
    first[n] = next[i] as number;
    return;
  }
  for (let k = first[n] as number; k >= 0; k = next[k] as number) {
    if (next[k] === i) {
      next[k] = next[i] as number;
      return;
    }
  }
}

export function listed({ first, next }: InstanceLists, n: number): number[] {
  const found: number[] = [];
  for (let k = first[n] as number; k >= 0; k = next[k] as number) found.push(k);
  return found;
}
