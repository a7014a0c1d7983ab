import type { Search } from './search.ts';

/** The secondary would have to reserve more memory than it has, for all instances from this primary together. */
export function crowds({ state, lenient }: Search, row: number, p: number, s: number): boolean {
  if (lenient) return false;
  const { nodes, instances, peers, nodeCount } = state;
  const needed = instances.reserves[row] === 1 ? (instances.memory[row] as number) : 0;
  if (instances.forthcoming[row] === 1 || nodes.failN1[s] === 1) return false;
  return (peers[s * nodeCount + p] as number) + needed >= (nodes.room[s] as number) - (nodes.instanceMemory[s] as number);
}

/** Some primary brings more than fits, if the one that reserves most does. */
export function mayCrowd({ state }: Search, row: number, s: number): boolean {
  const { nodes, instances } = state;
  const needed = instances.reserves[row] === 1 ? (instances.memory[row] as number) : 0;
  return (nodes.reserved[s] as number) + needed >= (nodes.room[s] as number) - (nodes.instanceMemory[s] as number);
}
