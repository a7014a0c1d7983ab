import type { ClusterState, Move } from '../../placement/index.ts';

/** Positions of the instances of each node, those that came last first, as Ganeti keeps them. */
export interface NodeMembers {
  readonly primaries: readonly (readonly number[])[];
  readonly secondaries: readonly (readonly number[])[];
}

/** The instances of each node in a cluster as it was loaded. */
export function membersOf({ data }: ClusterState): NodeMembers {
  const primaries: number[][] = data.nodes.map(() => []);
  const secondaries: number[][] = data.nodes.map(() => []);
  data.instances.forEach(({ primary, secondary, forthcoming }, i) => {
    if (forthcoming) return;
    primaries[primary]?.unshift(i);
    secondaries[secondary]?.unshift(i);
  });
  return { primaries, secondaries };
}

/** The same after some moves. */
export function moveMembers({ primaries, secondaries }: NodeMembers, moves: readonly Move[]): NodeMembers {
  const moved = { primaries: primaries.map((list) => [...list]), secondaries: secondaries.map((list) => [...list]) };
  for (const { instance, primary, secondary } of moves) {
    relocate(moved.primaries, instance, primary);
    relocate(moved.secondaries, instance, secondary);
  }
  return moved;
}

function relocate(lists: number[][], instance: number, to: number): void {
  const from = lists.findIndex((list) => list.includes(instance));
  // Forthcoming instances are in no list.
  if (from < 0 || from === to) return;
  lists[from] = (lists[from] as number[]).filter((other) => other !== instance);
  lists[to]?.unshift(instance);
}
