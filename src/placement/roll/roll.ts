import { GantryError } from '../../base/index.ts';
import type { RuleBook } from '../location/rule-book.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { mirror } from '../state/instance-columns.ts';
import { type ClearedGroup, clearNonRedundant, clearSecondaries, partition } from './clear-nodes.ts';
import { type Colouring, colourGraph } from './colour-graph.ts';
import { type Configuration, createConfiguration, migrate, type Relocation, relocate, rollBack } from './configuration.ts';
import { keepServices, type ServiceMinimum } from './keep-services.ts';
import { createNodeGraph, type NodeGraph } from './node-graph.ts';

export interface RollOptions {
  /** Positions of the nodes to reboot, ascending. */
  readonly nodes: readonly number[];
  /** All instances are shut down anyway: only the two nodes of an instance exclude each other. */
  readonly offlineMaintenance?: boolean | undefined;
  /** Instances without a second copy go down with their nodes. */
  readonly ignoreNonRedundant?: boolean | undefined;
  /** Secondaries leave the nodes, too. */
  readonly fullEvacuation?: boolean | undefined;
  readonly services?: readonly ServiceMinimum[] | undefined;
  /** Moves break none of these more than it is; they come back as they were. */
  readonly rules?: RuleBook | undefined;
  /** Is given the graph before anything can fail for want of room. */
  readonly onGraph?: ((graph: NodeGraph) => void) | undefined;
}

/** Nodes that may reboot at the same time, once these instances are where it says. */
export interface RebootGroup {
  readonly nodes: readonly number[];
  /** Final places by instance, ascending; those that only changed roles are left out. */
  readonly moves: readonly Relocation[];
}

export interface Rolling {
  readonly groups: readonly RebootGroup[];
  readonly colourings: readonly Colouring[];
}

/**
 * Cuts nodes into groups that can reboot together, the largest first and the master last. The state is as before.
 * Source: Ganeti's hroller(1).
 * @throws ROLL_NO_NODES, ROLL_NO_ROOM, ROLL_MIGRATION_FAILS
 */
export function roll(state: ClusterState, options: RollOptions): Rolling {
  const { nodes, services = [] } = options;
  if (nodes.length === 0) throw new GantryError('ROLL_NO_NODES');
  const graph = createNodeGraph(state, nodes, options.offlineMaintenance !== true);
  options.onGraph?.(graph);
  const colourings = colourGraph(graph);
  const colours = colourings.reduce((best, next) => (next.groups.length < best.groups.length ? next : best)).groups;
  const config = createConfiguration(state, options.rules);
  const kept = colours.flatMap((group) => keepServices(state, group, services));
  const online = [...state.nodes.offline.keys()].filter((n) => state.nodes.offline[n] === 0);
  let groups: ClearedGroup[] = options.ignoreNonRedundant
    ? kept.map((group) => ({ nodes: group, steps: [] }))
    : kept.flatMap((group) => partition(config, group, online, clearNonRedundant) ?? noRoom('non-redundant instances', options));
  if (options.fullEvacuation) {
    groups = groups.map((group) => migrateOff(config, group));
    groups = groups.flatMap((group) =>
      within(config, group, () => partition(config, group.nodes, online, clearSecondaries) ?? noRoom('secondaries', options)),
    );
  }
  const listed = new Set(nodes);
  const shown = groups.map(({ nodes: members, steps }) => ({ nodes: members.filter((n) => listed.has(n)), moves: movesOf(state, steps) }));
  return {
    groups: masterLast(
      state,
      shown.toSorted((a, b) => b.nodes.length - a.nodes.length),
    ),
    colourings,
  };
}

function noRoom(what: string, { rules }: RollOptions): never {
  throw new GantryError('ROLL_NO_ROOM', { what: rules ? `${what} within the rules of location` : what });
}

/** Does something in the configuration that the steps of a group lead to. */
function within<T>(config: Configuration, { steps }: ClearedGroup, act: () => T): T {
  for (const step of steps) relocate(config, step);
  try {
    return act();
  } finally {
    rollBack(config, 0);
  }
}

function migrateOff(config: Configuration, group: ClearedGroup): ClearedGroup {
  return within(config, group, () => {
    const { mirroring } = config.state.instances;
    const leaving = group.nodes.flatMap((n) => (config.primaries[n] ?? []).filter((i) => mirroring[i] === mirror.internal));
    if (!leaving.every((i) => migrate(config, i))) throw new GantryError('ROLL_MIGRATION_FAILS');
    return { nodes: group.nodes, steps: config.steps.slice() };
  });
}

/** Where steps lead, without instances whose nodes only changed roles. */
function movesOf({ instances }: ClusterState, steps: readonly Relocation[]): Relocation[] {
  const last = new Map(steps.map(({ instance, primary, secondary }) => [instance, { instance, primary, secondary }]));
  return [...last.values()]
    .filter(({ instance, primary, secondary }) => {
      const before = [instances.primary[instance], instances.secondary[instance]];
      const mirrored = instances.mirroring[instance] === mirror.internal;
      const same = primary === before[0] && (!mirrored || secondary === before[1]);
      return !same && !(primary === before[1] && secondary === before[0]);
    })
    .sort((a, b) => a.instance - b.instance);
}

/** The group with the master comes last, and the master last in it. */
function masterLast({ data }: ClusterState, groups: readonly RebootGroup[]): RebootGroup[] {
  const isMaster = (n: number) => data.nodes[n]?.master === true;
  const ordered = groups.map(({ nodes, moves }) => ({ nodes: [...nodes.filter((n) => !isMaster(n)), ...nodes.filter(isMaster)], moves }));
  return [...ordered.filter(({ nodes }) => !nodes.some(isMaster)), ...ordered.filter(({ nodes }) => nodes.some(isMaster))];
}
