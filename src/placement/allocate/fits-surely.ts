import { unallocated } from '../state/add-primary.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { type RescueTraits, rescue } from './can-empty-node.ts';

/**
 * Whether the instances of a node certainly find places on other nodes, or certainly do not, in whatever order they come;
 * undefined: this must be tried. If one had no place, each target would already have so many of the others that one of the
 * largest does not fit there, or would lack memory or disk for another reason. The number of all these others cannot exceed the
 * number of instances; if it would, all fit. And if fewer fit than there are, even if all were as small as the smallest, they
 * certainly do not fit.
 */
export function fitsSurely(
  state: ClusterState,
  rescued: readonly number[],
  targets: Int32Array,
  traits: RescueTraits,
): boolean | undefined {
  const { nodes } = state;
  const needs = needsOf(state, rescued, traits);
  if (!needs || state.tags.migration !== undefined) return undefined;
  const { memory, disk, locals, isAllowed } = needs;
  let [most, least, parts, usable, takesAll] = [0, 0, 0, 0, false];
  for (let k = 0; k < targets.length; k++) {
    const t = targets[k] as number;
    if ((nodes.memoryRatio[t] as number) > 1 || nodes.exclusive[t] === 1) return undefined;
    const room = unallocated(state, t);
    const space = locals > 0 ? (nodes.freeDisk[t] as number) : Number.POSITIVE_INFINITY;
    most += Math.min(fitting(room, memory.smallest), locals === rescued.length ? fitting(space, disk.smallest) : Number.POSITIVE_INFINITY);
    least += Math.min(fitting(room, memory.largest), fitting(space, disk.largest));
    const part = Math.min((room - memory.largest) / memory.total, (space - disk.largest) / disk.total);
    if (part > 0) parts += part;
    if (room > memory.smallest) usable += room;
    takesAll ||= room > memory.total && space > disk.total;
  }
  if (most < rescued.length || usable <= memory.total) return false;
  return isAllowed && (takesAll || least >= rescued.length || parts > (locals > 0 ? 2 : 1)) ? true : undefined;
}

/** How many of a size fit, with something left over. */
const fitting = (room: number, size: number): number => (room <= 0 ? 0 : Math.ceil(room / size) - 1);

interface Need {
  total: number;
  smallest: number;
  largest: number;
}

interface Needs {
  readonly memory: Need;
  /** Of those whose disks are on their node. */
  readonly disk: Need;
  readonly locals: number;
  /** The policy lets all those be made anew whose disks are lost. */
  readonly isAllowed: boolean;
}

/** What the instances need on other nodes; undefined: one has a secondary to go to. */
function needsOf({ instances }: ClusterState, rescued: readonly number[], { kind, allowed }: RescueTraits): Needs | undefined {
  const memory: Need = { total: 0, smallest: Number.POSITIVE_INFINITY, largest: 0 };
  const disk: Need = { total: 0, smallest: Number.POSITIVE_INFINITY, largest: 0 };
  let isAllowed = true;
  let locals = 0;
  for (const i of rescued) {
    if (kind[i] === rescue.failover) return undefined;
    isAllowed &&= kind[i] === rescue.anywhere || allowed[0][i] === 1;
    add(memory, instances.usesMemory[i] === 1 ? (instances.memory[i] as number) : 0);
    if (instances.local[i] === 0) continue;
    add(disk, instances.disk[i] as number);
    locals++;
  }
  return { memory, disk, locals, isAllowed };
}

function add(need: Need, amount: number): void {
  need.total += amount;
  need.smallest = Math.min(need.smallest, amount);
  need.largest = Math.max(need.largest, amount);
}
