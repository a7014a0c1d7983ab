import type { Instance, Node } from '../../model/index.ts';
import {
  type Allocator,
  createAllocator,
  createState,
  type InstanceData,
  type PreparedCluster,
  prepareCluster,
  type RuleBook,
  settle,
  stage,
  withdraw,
} from '../../placement/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { LiveState } from '../live-state.ts';
import { configuredCluster, nodeData, placedInstance } from './configured-cluster.ts';
import { nodeRefusal } from './node-refusal.ts';

/** Makes the rules of location for a cluster; undefined: it has none but those that its tags give the engine itself. */
export type RulesOf = ((cluster: PreparedCluster) => RuleBook) | undefined;

/** The allocator as the configuration is now, and what its positions stand for. */
export interface WarmAllocator {
  readonly allocator: Allocator;
  readonly nodes: readonly Node[];
  readonly nodeAt: ReadonlyMap<string, number>;
  readonly groupAt: ReadonlyMap<string, number>;
  /** Rows of the instances, by UUID. */
  readonly rows: ReadonlyMap<string, number>;
}

interface Kept extends WarmAllocator {
  readonly rules: RulesOf;
  readonly rows: Map<string, number>;
  config: ConfigSnapshot;
  liveVersion: number;
  /** By UUID: each instance as it was taken over. */
  readonly taken: Map<string, { instance: Instance; data: InstanceData }>;
  /** The instances of each node, as the configuration lists them. */
  lists: readonly (readonly Instance[])[];
  /** Rows that instances have left. */
  left: number;
}

/** A node whose figures differ from those worked with by no more than this part of its total is left as it is. */
const tolerance = 0.01;

/** So many changed instances are taken over one by one; with more, or with rules of location, all is made anew. */
const fewChanges = 64;

/**
 * Keeps an allocator at hand and makes it follow the configuration: an instance that came, went, grew or moved is a small
 * change. When nodes, groups, networks or the cluster change, or a node differs from its report by more than a little, it is
 * made anew, which takes time in a large cluster.
 */
export class AllocatorKeeper {
  readonly #live: LiveState;
  #kept: Kept | undefined;
  /** How often everything was made anew. */
  rebuilds = 0;

  constructor(live: LiveState) {
    this.#live = live;
  }

  /** The allocator for this configuration, to be used at once: the next call changes it. */
  follow(config: ConfigSnapshot, rules: RulesOf): WarmAllocator {
    const kept = this.#kept;
    if (kept && kept.rules === rules && isSameFrame(kept.config, config) && takeOver(kept, config) && !this.#hasDrifted(kept)) return kept;
    this.rebuilds++;
    this.#kept = build(config, this.#live, rules);
    return this.#kept;
  }

  /** Forgets everything, after something went wrong half-way. */
  forget(): void {
    this.#kept = undefined;
  }

  #hasDrifted(kept: Kept): boolean {
    const live = this.#live;
    if (kept.liveVersion === live.version) return false;
    const { nodes } = kept.allocator.state;
    const drifted = kept.nodes.some((node, n) => {
      if (Number(nodeRefusal(live, node) !== null) !== nodes.offline[n]) return true;
      const { totalMemory, nodeMemory, totalDisk, freeDisk, totalCpu } = nodeData(kept.config, live, node, 0);
      if (totalMemory !== nodes.totalMemory[n] || totalDisk !== nodes.totalDisk[n] || totalCpu !== nodes.totalCpu[n]) return true;
      const memory = Math.abs(nodeMemory - (nodes.nodeMemory[n] as number));
      const disk = Math.abs(freeDisk - (nodes.freeDisk[n] as number));
      return memory > totalMemory * tolerance || disk > totalDisk * tolerance;
    });
    if (!drifted) kept.liveVersion = live.version;
    return drifted;
  }
}

/** Whether two configurations have the same nodes, groups and networks, unchanged. */
function isSameFrame(one: ConfigSnapshot, other: ConfigSnapshot): boolean {
  if (one === other) return true;
  if (one.cluster !== other.cluster) return false;
  return (['nodes', 'groups', 'networks'] as const).every((kind) => {
    if (one[kind].size !== other[kind].size) return false;
    for (const object of other[kind].values()) if (one[kind].get(object.uuid) !== object) return false;
    return true;
  });
}

function build(config: ConfigSnapshot, live: LiveState, rules: RulesOf): Kept {
  const { version: liveVersion } = live;
  const { data, nodes, instances, nodeAt, groupAt } = configuredCluster(config, live);
  const prepared = prepareCluster(data);
  const state = createState(prepared, { spareInstances: Math.max(16, instances.length >> 2) });
  // A group of one node has nowhere to go when it fails, whatever is placed there.
  const ignoredGroups = [...groupAt.values()].filter(
    (group) => data.nodes.filter((node) => node.group === group && !node.offline).length < 2,
  );
  const allocator = createAllocator(state, { ignoredGroups, rules });
  if (rules) allocator.search = { ...allocator.search, rules: rules(prepared) };
  const taken = instances.map((instance, row) => [instance.uuid, { instance, data: data.instances[row] as InstanceData }] as const);
  const rows = new Map(instances.map(({ uuid }, row) => [uuid, row]));
  const lists = nodes.map(({ uuid }) => config.instancesOf(uuid).primary);
  return { allocator, nodes, nodeAt, groupAt, rows, rules, config, liveVersion, taken: new Map(taken), lists, left: 0 };
}

/** @returns false when it is better to make all anew; then nothing may be used any more */
function takeOver(kept: Kept, config: ConfigSnapshot): boolean {
  if (kept.config.revision === config.revision) return true;
  const { changed, gone, lists } = differences(kept, config);
  const { allocator } = kept;
  // What has left keeps its row and its name, so that rules would know two instances by it.
  const leaves = gone.length > 0 || changed.some(({ instance }) => kept.rows.has(instance.uuid));
  if (kept.rules && (leaves || changed.length > 1)) return false;
  if (changed.length > fewChanges || kept.left + gone.length > fewChanges + allocator.used / 4) return false;
  for (const uuid of gone) remove(kept, uuid);
  for (const { instance, data } of changed) {
    remove(kept, instance.uuid);
    const wanted = stage(allocator, { ...data, primary: -1, secondary: -1 });
    settle(allocator, wanted, { primary: data.primary, secondary: data.secondary, score: 0 });
    kept.rows.set(instance.uuid, wanted.row);
    kept.taken.set(instance.uuid, { instance, data });
  }
  kept.config = config;
  kept.lists = lists;
  return true;
}

interface Differences {
  readonly changed: readonly { readonly instance: Instance; readonly data: InstanceData }[];
  /** UUIDs. */
  readonly gone: readonly string[];
  readonly lists: Kept['lists'];
}

/** Looks only at nodes whose list of instances is another one: a configuration keeps the lists that no change touches. */
function differences({ nodes, nodeAt, lists, taken }: Kept, config: ConfigSnapshot): Differences {
  const changed: Differences['changed'][number][] = [];
  const gone: string[] = [];
  const next = nodes.map(({ uuid }) => config.instancesOf(uuid).primary);
  for (const [n, list] of next.entries()) {
    const before = lists[n] ?? [];
    if (list === before) continue;
    for (const { uuid } of before) if (!config.instances.get(uuid)) gone.push(uuid);
    for (const instance of list) {
      const known = taken.get(instance.uuid);
      if (known?.instance === instance) continue;
      const data = placedInstance(config, nodeAt, instance);
      if (known && JSON.stringify(known.data) === JSON.stringify(data)) known.instance = instance;
      else changed.push({ instance, data });
    }
  }
  return { changed, gone, lists: next };
}

function remove(kept: Kept, uuid: string): void {
  const row = kept.rows.get(uuid);
  if (row === undefined) return;
  withdraw(kept.allocator, row);
  kept.rows.delete(uuid);
  kept.taken.delete(uuid);
  kept.left++;
}
