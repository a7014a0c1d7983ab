import type { Instance, Node } from '../../model/index.ts';
import {
  type Allocator,
  createAllocator,
  createState,
  type PreparedCluster,
  prepareCluster,
  type RuleBook,
  settle,
  stage,
  withdraw,
} from '../../placement/index.ts';
import { type Collection, type ConfigSnapshot, changedObjects } from '../../store/index.ts';
import type { LiveState } from '../live-state.ts';
import { configuredCluster, nodeData, type Presence, presenceKeys, presencesOf } from './configured-cluster.ts';
import { nodeRefusal } from './node-refusal.ts';

/** Makes the rules of location for a cluster; undefined: it has none but those that its tags give the engine itself. */
export type RulesOf = ((cluster: PreparedCluster) => RuleBook) | undefined;

/** The allocator as the configuration is now, and what its positions stand for. */
export interface WarmAllocator {
  readonly allocator: Allocator;
  readonly nodes: readonly Node[];
  readonly nodeAt: ReadonlyMap<string, number>;
  readonly groupAt: ReadonlyMap<string, number>;
  /** Rows of the instances, by UUID; of those that are on their way, by the key of their presence too. */
  readonly rows: ReadonlyMap<string, number>;
}

interface Kept extends WarmAllocator {
  readonly rules: RulesOf;
  readonly rows: Map<string, number>;
  config: ConfigSnapshot;
  liveVersion: number;
  /** By key, as it was taken over. */
  readonly taken: Map<string, Presence>;
  /** The instances of each node, as the configuration lists them. */
  lists: readonly (readonly Instance[])[];
  /** Rows that instances have left. */
  left: number;
}

/** A node whose figures differ from those worked with by no more than this part of its total is left as it is. */
const tolerance = 0.01;

/**
 * Up to this number of changed instances are updated one by one; with more, or with rules of location, everything is built again.
 */
const fewChanges = 64;

/**
 * Keeps an allocator that follows the configuration. A new, removed, changed or moved instance is a small update. When nodes,
 * groups, networks or the cluster change, or the figures of a node differ too much from its report, everything is built again,
 * which takes time in a large cluster.
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
  return unchanged(one.nodes, other.nodes) && unchanged(one.groups, other.groups) && unchanged(one.networks, other.networks);
}

const unchanged = <T extends { readonly uuid: string }>(one: Collection<T>, other: Collection<T>): boolean =>
  changedObjects(one, other).next().done === true;

function build(config: ConfigSnapshot, live: LiveState, rules: RulesOf): Kept {
  const { version: liveVersion } = live;
  const { data, nodes, presences, nodeAt, groupAt } = configuredCluster(config, live);
  const prepared = prepareCluster(data);
  const state = createState(prepared, { spareInstances: Math.max(16, presences.length >> 2) });
  // If the only node of a group fails, its instances have no other node, whatever is placed there.
  const ignoredGroups = [...groupAt.values()].filter(
    (group) => data.nodes.filter((node) => node.group === group && !node.offline).length < 2,
  );
  const allocator = createAllocator(state, { ignoredGroups, rules });
  if (rules) allocator.search = { ...allocator.search, rules: rules(prepared) };
  const taken = new Map(presences.map((presence) => [presence.key, presence]));
  const rows = new Map(presences.map(({ key }, row) => [key, row]));
  const lists = nodes.map(({ uuid }) => config.instancesOf(uuid).primary);
  return { allocator, nodes, nodeAt, groupAt, rows, rules, config, liveVersion, taken, lists, left: 0 };
}

/** @returns false when it is better to make all anew; then nothing may be used any more */
function takeOver(kept: Kept, config: ConfigSnapshot): boolean {
  if (kept.config.revision === config.revision) return true;
  const { changed, gone, lists } = differences(kept, config);
  const { allocator } = kept;
  // A removed instance keeps its row and its name, so rules would find two instances with this name.
  const leaves = gone.length > 0 || changed.some(({ key }) => kept.rows.has(key));
  if (kept.rules && (leaves || changed.length > 1)) return false;
  if (changed.length > fewChanges || kept.left + gone.length > fewChanges + allocator.used / 4) return false;
  for (const key of gone) remove(kept, key);
  for (const presence of changed) {
    const { key, data } = presence;
    remove(kept, key);
    const wanted = stage(allocator, { ...data, primary: -1, secondary: -1 });
    settle(allocator, wanted, { primary: data.primary, secondary: data.secondary, score: 0 });
    kept.rows.set(key, wanted.row);
    kept.taken.set(key, presence);
  }
  kept.config = config;
  kept.lists = lists;
  return true;
}

interface Differences {
  readonly changed: readonly Presence[];
  /** Keys. */
  readonly gone: readonly string[];
  readonly lists: Kept['lists'];
}

/** Checks only nodes whose list of instances is a different object: a new snapshot shares the lists that have not changed. */
function differences({ nodes, nodeAt, lists, taken }: Kept, config: ConfigSnapshot): Differences {
  const changed: Presence[] = [];
  const gone: string[] = [];
  const next = nodes.map(({ uuid }) => config.instancesOf(uuid).primary);
  for (const [n, list] of next.entries()) {
    const before = lists[n] ?? [];
    if (list === before) continue;
    for (const instance of before) {
      const now = config.instances.get(instance.uuid);
      const keys = now ? presenceKeys(now) : [];
      gone.push(...presenceKeys(instance).filter((key) => !keys.includes(key)));
    }
    for (const instance of list) {
      if (taken.get(instance.uuid)?.instance === instance) continue;
      for (const presence of presencesOf(config, nodeAt, instance)) {
        const known = taken.get(presence.key);
        if (known && JSON.stringify(known.data) === JSON.stringify(presence.data)) taken.set(presence.key, presence);
        else changed.push(presence);
      }
    }
  }
  return { changed, gone, lists: next };
}

function remove(kept: Kept, key: string): void {
  const row = kept.rows.get(key);
  if (row === undefined) return;
  withdraw(kept.allocator, row);
  kept.rows.delete(key);
  kept.taken.delete(key);
  kept.left++;
}
