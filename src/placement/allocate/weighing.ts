import type { PreparedInstance } from '../cluster/prepare-cluster.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import type { FailMode } from '../state/fail-mode.ts';
import { type AllocationTable, writeShape } from './allocation-table.ts';
import { matchPolicy } from './match-policy.ts';

/** How much is known of a node for one role. */
export const known = { nothing: 0, refusal: 1, parts: 2 } as const;

/** What is known of the nodes for instances of one shape in one role. By node, where not said otherwise. */
export interface RoleWeights {
  readonly known: Uint8Array;
  /** Why the node does not take the instance, as secondary whatever the primary: a fail mode. */
  readonly refusals: Uint8Array;
  /** What the instance adds to the sums and then to the squares of the metrics. */
  parts: Float64Array;
  bounds: Float64Array;
  /** What it adds by metric before the factor of the node; on nodes with exclusive storage the second ones. */
  readonly amounts: readonly [Float64Array, Float64Array];
  /** Metrics that it changes. */
  active: readonly number[];
  readonly extremes: Extremes;
}

/** Least and most of what the instance adds over all nodes that were weighed, by metric; the last is reserved memory. */
export interface Extremes {
  readonly leastSum: Float64Array;
  readonly mostSum: Float64Array;
  readonly leastSquare: Float64Array;
  readonly mostSquare: Float64Array;
}

/**
 * What is known of the nodes for instances of one shape. The same few shapes are requested again and again: for each shape, only
 * nodes that have changed are computed again.
 */
export interface Weighing {
  key: string;
  readonly primary: RoleWeights;
  readonly secondary: RoleWeights;
  /** By group, without and with exclusive storage. */
  policies: readonly (readonly [FailMode, FailMode])[];
  /** How much the bounds weigh the squares of each metric; the last is reserved memory. */
  readonly slopes: Float64Array;
  /** A score is not below `floor` + bound of the primary + bound of the secondary. */
  floor: number;
  /** For which of the changes, and whether for pairs, the floor was worked out. */
  floorFor: number;
  floorOfPairs: boolean;
  /** Changes of the state since the slopes were chosen. */
  age: number;
}

/** Shapes that are remembered. */
const mostShapes = 8;

/** The weighing of instances like this one, empty if there is none yet. The last one asked for is the first in the list. */
export function weighingOf(weighings: Weighing[], state: ClusterState, allocation: AllocationTable, instance: PreparedInstance): Weighing {
  const key = shapeOf(instance);
  if (weighings[0]?.key !== key) {
    const at = weighings.findIndex((weighing) => weighing.key === key);
    const most = weighings.length < mostShapes ? weighings.length : mostShapes - 1;
    const [known] = weighings.splice(at < 0 ? most : at, 1);
    const weighing = known ?? createWeighing(state, allocation);
    if (at < 0) describeShape(weighing, key, state, allocation, instance);
    weighings.unshift(weighing);
  }
  const [weighing] = weighings as [Weighing];
  // What tags make of an instance depends on more than the node.
  if (instance.exclusionTags.length > 0 || instance.desiredLocationTags.length > 0) forgetNodes(weighing);
  return weighing;
}

/** All that limits, policies and scores ask about an instance. */
const shapeOf = (instance: PreparedInstance): string => JSON.stringify(shapeNames.map((name) => instance[name]));

const shapeNames = [
  'memory',
  'usedMemory',
  'disk',
  'disks',
  'vcpus',
  'spindleUse',
  'diskTemplate',
  'status',
  'autoBalance',
  'forthcoming',
  'load',
  'exclusionTags',
  'desiredLocationTags',
] as const satisfies readonly (keyof PreparedInstance)[];

function createWeighing({ nodeCount }: ClusterState, { table }: AllocationTable): Weighing {
  return {
    key: '',
    primary: createRole(nodeCount, table.metrics),
    secondary: createRole(nodeCount, table.metrics),
    policies: [],
    slopes: new Float64Array(table.metrics + 1),
    floor: 0,
    floorFor: -1,
    floorOfPairs: false,
    age: Number.POSITIVE_INFINITY,
  };
}

function createRole(nodeCount: number, metrics: number): RoleWeights {
  const column = () => new Float64Array(metrics + 1);
  return {
    known: new Uint8Array(nodeCount),
    refusals: new Uint8Array(nodeCount),
    parts: new Float64Array(),
    bounds: new Float64Array(),
    amounts: [new Float64Array(metrics), new Float64Array(metrics)],
    active: [],
    extremes: { leastSum: column(), mostSum: column(), leastSquare: column(), mostSquare: column() },
  };
}

/** Reuses a weighing for another shape: when sizes are tried, there are many shapes, and none is used again. */
function describeShape(
  weighing: Weighing,
  key: string,
  state: ClusterState,
  allocation: AllocationTable,
  instance: PreparedInstance,
): void {
  const { primary, secondary } = weighing;
  weighing.key = key;
  weighing.policies = state.data.groups.map(({ ipolicy }) => [matchPolicy(instance, ipolicy, false), matchPolicy(instance, ipolicy, true)]);
  writeShape(allocation, instance, primary.amounts, secondary.amounts);
  for (const role of [primary, secondary]) {
    const [shared, exclusive] = role.amounts;
    role.active = [...shared.keys()].filter((k) => shared[k] !== 0 || exclusive[k] !== 0);
    role.parts.fill(0);
  }
  forgetNodes(weighing);
}

/** Something has happened on a node, which may be `noNode`. */
export function forgetNode({ primary, secondary }: Weighing, n: number): void {
  if (n < 0) return;
  primary.known[n] = known.nothing;
  secondary.known[n] = known.nothing;
}

/** Discards everything that was known. */
export function forgetNodes(weighing: Weighing): void {
  for (const { known: nodes, extremes } of [weighing.primary, weighing.secondary]) {
    nodes.fill(known.nothing);
    extremes.leastSum.fill(Number.POSITIVE_INFINITY);
    extremes.leastSquare.fill(Number.POSITIVE_INFINITY);
    extremes.mostSum.fill(Number.NEGATIVE_INFINITY);
    extremes.mostSquare.fill(Number.NEGATIVE_INFINITY);
  }
  weighing.age = Number.POSITIVE_INFINITY;
}
