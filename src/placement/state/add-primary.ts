import type { ClusterState } from './cluster-state.ts';
import { reservedWith, reservedWithout } from './reserved.ts';
import { sharedDomains, type TagLists, unmetDesires } from './tag-tables.ts';

/**
 * The four basic changes: an instance is added to a node or removed from it, as primary or as secondary. They change the columns
 * of the node alone, not `primary` and `secondary` of the instance; `other` is its other node, or -1.
 */
export function addPrimary(state: ClusterState, n: number, i: number, other: number): void {
  changePrimary(state, n, i, other, 1);
}

export function removePrimary(state: ClusterState, n: number, i: number, other: number): void {
  changePrimary(state, n, i, other, -1);
}

export function addSecondary(state: ClusterState, n: number, i: number, other: number): void {
  changeSecondary(state, n, i, other, 1);
}

export function removeSecondary(state: ClusterState, n: number, i: number, other: number): void {
  changeSecondary(state, n, i, other, -1);
}

function changePrimary(state: ClusterState, n: number, i: number, other: number, sign: 1 | -1): void {
  const { nodes, instances, tags } = state;
  const memory = instances.memory[i] as number;
  const vcpus = instances.online[i] === 1 ? (instances.vcpus[i] as number) * sign : 0;
  add(nodes.freeMemoryForth, n, -sign * memory);
  add(nodes.usedCpuForth, n, vcpus);
  changeStorageForth(state, n, i, sign);
  changeExclusions(state, n, i, sign);
  if (instances.forthcoming[i] === 1) return;
  add(nodes.primaries, n, sign);
  if (instances.usesMemory[i] === 1) {
    add(nodes.instanceMemory, n, sign * memory);
    add(nodes.usedMemory, n, sign * realMemory(state, n, i));
  }
  add(nodes.usedCpu, n, vcpus);
  changeStorage(state, n, i, sign);
  add(nodes.loadCpu, n, sign * (instances.loadCpu[i] as number));
  add(nodes.loadMemory, n, sign * (instances.loadMemory[i] as number));
  add(nodes.loadDisk, n, sign * (instances.loadDisk[i] as number));
  add(nodes.loadNetwork, n, sign * (instances.loadNetwork[i] as number));
  if (tags.words > 0) {
    const shared = other >= 0 ? sharedDomains(tags, n, other) : 0;
    add(nodes.location, n, sign * (shared + unmetDesires(tags, i, n)));
    changeDomainExclusions(state, n, i, sign);
  }
  judgeN1(state, n);
}

/** Memory that an instance really takes on a node, as far as is known. */
export function realMemory({ nodes, instances }: ClusterState, n: number, i: number): number {
  const used = instances.usedMemory[i] as number;
  return used >= 0 ? used : (instances.memory[i] as number) / (nodes.memoryRatio[n] as number);
}

function changeSecondary(state: ClusterState, n: number, i: number, other: number, sign: 1 | -1): void {
  const { nodes, instances, peers, nodeCount } = state;
  changeStorageForth(state, n, i, sign);
  if (instances.forthcoming[i] === 1) return;
  add(nodes.secondaries, n, sign);
  changeStorage(state, n, i, sign);
  add(nodes.loadDisk, n, sign * (instances.loadDisk[i] as number));
  if (instances.reserves[i] === 1) {
    nodes.reserved[n] = sign === 1 ? reservedWith(state, n, i, other) : reservedWithout(state, n, i, other);
    const at = n * nodeCount + other;
    peers[at] = (peers[at] as number) + sign * (instances.memory[i] as number);
  }
  judgeN1(state, n);
}

function changeStorage(state: ClusterState, n: number, i: number, sign: 1 | -1): void {
  const { nodes, instances } = state;
  if (instances.local[i] === 1) {
    add(nodes.freeDisk, n, -sign * (instances.disk[i] as number));
    if (nodes.exclusive[n] === 0) add(nodes.instanceSpindles, n, sign * (instances.spindleUse[i] as number));
  }
  nodes.freeSpindles[n] = nextFreeSpindles(state, n, i, sign, nodes.freeSpindles[n] as number);
}

function changeStorageForth(state: ClusterState, n: number, i: number, sign: 1 | -1): void {
  const { nodes, instances } = state;
  if (instances.local[i] === 1) {
    add(nodes.freeDiskForth, n, -sign * (instances.disk[i] as number));
    if (nodes.exclusive[n] === 0) add(nodes.instanceSpindlesForth, n, sign * (instances.spindleUse[i] as number));
  }
  nodes.freeSpindlesForth[n] = nextFreeSpindles(state, n, i, sign, nodes.freeSpindlesForth[n] as number);
}

/**
 * Free spindles after a change. Only exclusive storage counts them; there, an instance that does not say how many it has
 * gives -1 when it comes, which no check lets pass, and changes nothing when it goes.
 */
export function nextFreeSpindles({ nodes, instances }: ClusterState, n: number, i: number, sign: 1 | -1, free: number): number {
  if (nodes.exclusive[n] === 0) return 0;
  const spindles = instances.spindles[i] as number;
  if (spindles < 0) return sign === 1 ? -1 : free;
  return free - sign * spindles;
}

function changeExclusions({ tags, nodes }: ClusterState, n: number, i: number, sign: 1 | -1): void {
  const { exclusions, onNode, exclusionCount } = tags;
  for (let k = exclusions.start[i] as number; k < (exclusions.start[i + 1] as number); k++) {
    const at = n * exclusionCount + (exclusions.tags[k] as number);
    const before = onNode[at] as number;
    onNode[at] = before + sign;
    if (sign === 1 ? before >= 1 : before >= 2) add(nodes.tagConflicts, n, sign);
  }
}

function changeDomainExclusions({ tags, nodes }: ClusterState, n: number, i: number, sign: 1 | -1): void {
  if (nodes.counted[n] === 0) return;
  const { exclusions, locations, inDomain, exclusionCount, domainConflicts } = tags;
  const [from, to] = rangeOf(exclusions, i);
  for (let l = locations.start[n] as number; l < (locations.start[n + 1] as number); l++) {
    for (let k = from; k < to; k++) {
      const at = (locations.tags[l] as number) * exclusionCount + (exclusions.tags[k] as number);
      const before = inDomain[at] as number;
      inDomain[at] = before + sign;
      if (sign === 1 ? before >= 1 : before >= 2) domainConflicts[0] = (domainConflicts[0] as number) + sign;
    }
  }
}

const rangeOf = ({ start }: TagLists, row: number): [number, number] => [start[row] as number, start[row + 1] as number];

/** Memory of a node that no instance has. */
export const unallocated = ({ nodes }: ClusterState, n: number): number => (nodes.room[n] as number) - (nodes.instanceMemory[n] as number);

/** Whether the failure of another node would bring more memory than is left. */
export function judgeN1(state: ClusterState, n: number): void {
  const { nodes } = state;
  nodes.failN1[n] = unallocated(state, n) <= (nodes.reserved[n] as number) ? 1 : 0;
}

function add(column: Float64Array, at: number, amount: number): void {
  column[at] = (column[at] as number) + amount;
}
