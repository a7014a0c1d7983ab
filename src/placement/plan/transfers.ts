import { placesOf } from '../balance/move.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { mirror } from '../state/instance-columns.ts';
import type { PlannedMove } from './plan.ts';

/** What is known of a move that tells what it sends, and between which nodes. */
export type MoveSize = Pick<PlannedMove, 'kind' | 'from' | 'target' | 'data' | 'memory'>;

/** One transfer of a move; its transfers are made one after the other. Nodes are positions. */
export interface Transfer {
  readonly from: number;
  readonly to: number;
  /** MiB. */
  readonly size: number;
}

/** Disks and memory that a move of an instance sends, MiB. @param target the node that is new to it, or -1 */
export function sizeOfMove({ instances }: ClusterState, instance: number, target: number): Pick<PlannedMove, 'data' | 'memory'> {
  return {
    data: instances.mirroring[instance] === mirror.internal && target >= 0 ? (instances.disk[instance] as number) : 0,
    memory: instances.running[instance] === 1 ? (instances.memory[instance] as number) : 0,
  };
}

/** Primary and secondary before the move and after each of its steps. */
export const placesOnWay = ({ kind, from: { primary, secondary }, target }: MoveSize): readonly (readonly [number, number])[] => [
  [primary, secondary],
  ...placesOf(kind, primary, secondary, target),
];

/** What a move sends: disks to a node that is new to the instance, memory to each node that it runs on on its way. */
export function transfersOf(move: MoveSize): readonly Transfer[] {
  const [[before] = [-1], ...after] = placesOnWay(move);
  let at = before;
  return after.map(([primary]): Transfer => {
    const was = at;
    at = primary;
    return primary === was ? { from: was, to: move.target, size: move.data } : { from: was, to: primary, size: move.memory };
  });
}
