import { GantryError } from '../../base/index.ts';
import type { Instance, Node } from '../../model/index.ts';
import {
  type Allocator,
  allocate,
  explainRefusals,
  isRedundant,
  noNode,
  type PreparedInstance,
  settle,
  stage,
  type Wanted,
  withdraw,
} from '../../placement/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import type { LiveState } from '../live-state.ts';
import { AllocatorKeeper, type WarmAllocator } from './allocator-keeper.ts';
import { ClusterLocation } from './cluster-location.ts';
import { describeNeeds, describeRefusals } from './describe-refusals.ts';
import { type InstanceNeeds, instanceData, needsOf, nodesFor } from './instance-needs.ts';
import { inability, nodeRefusal } from './node-refusal.ts';

export interface PlaceOptions {
  /** Only nodes of this group (UUID), whatever its policy for allocations is. */
  readonly group?: string | undefined;
  /** Why a node is out although the engine would take it, or null. */
  readonly refuses?: ((node: Node) => string | null) | undefined;
}

/** The chosen nodes. */
export interface ChosenNodes {
  readonly primary: Node;
  /** Only where the disk template is mirrored between two nodes. */
  readonly secondary: Node | undefined;
  /** What the operator should know of the choice. */
  readonly remarks: readonly string[];
}

/**
 * Chooses nodes with the placement engine: by node groups and their policies, drained and offline nodes, exclusion and location
 * tags, the cluster's location description, Ganeti's score, and so that the cluster can still lose any one node.
 *
 * It reserves nothing itself: whoever asks holds the `allocation` lock until the configuration has the instance on its nodes.
 */
export class Placer {
  readonly #live: LiveState;
  readonly #keeper: AllocatorKeeper;
  readonly #location = new ClusterLocation();

  constructor(live: LiveState) {
    this.#live = live;
    this.#keeper = new AllocatorKeeper(live);
  }

  /** Where a new instance goes. @throws PLACEMENT_IMPOSSIBLE with what refused which nodes; errors LOCATION_… */
  async place(config: ConfigSnapshot, needs: InstanceNeeds, options: PlaceOptions = {}): Promise<ChosenNodes> {
    return this.#with(config, (warm) => {
      const wanted = stage(warm.allocator, instanceData(config.cluster, config.networks, needs));
      const { redundancy } = warm.allocator;
      const short = redundancy !== undefined && !isRedundant(redundancy);
      const allocator = short ? { ...warm.allocator, redundancy: undefined } : warm.allocator;
      const remarks = short ? ['The cluster cannot lose every one of its nodes as it is; that was not asked for.'] : [];
      return { ...this.#choose({ ...warm, allocator }, wanted, needs, options), remarks };
    });
  }

  /**
   * The best other node of its group for an instance whose disks every node reaches. That the cluster can lose another node then
   * is not asked for: a move is often made because it lost one.
   * @param migrates it keeps running, so that restrictions of migration hold
   * @throws PLACEMENT_IMPOSSIBLE, errors LOCATION_…
   */
  async target(config: ConfigSnapshot, instance: Instance, { migrates }: { readonly migrates: boolean }): Promise<Node> {
    return this.#with(config, (warm) => {
      const { allocator, rows, nodeAt } = warm;
      const row = rows.get(instance.uuid);
      if (row === undefined) throw new Error(`instance ${instance.name} is not in the configuration that it was taken from`);
      const from = nodeAt.get(instance.primary_node) as number;
      const secondary = allocator.state.instances.secondary[row] as number;
      const refuses = (node: Node) => {
        if (node.uuid === instance.primary_node) return 'the instance is there';
        return migrates && !mayMigrate(allocator, row, from, nodeAt.get(node.uuid) as number) ? 'no migration to there' : null;
      };
      const needs = needsOf(instance);
      const wanted = { row, instance: preparedInstance(allocator, row) };
      withdraw(allocator, row);
      try {
        const view = { ...warm, allocator: { ...allocator, redundancy: undefined } };
        return this.#choose(view, wanted, needs, { group: config.nodes.get(instance.primary_node)?.group, refuses }).primary;
      } finally {
        settle(allocator, wanted, { primary: from, secondary, score: 0 });
      }
    });
  }

  async #with<T>(config: ConfigSnapshot, use: (warm: WarmAllocator) => T): Promise<T> {
    const rules = await this.#location.rulesOf(config.cluster.location);
    try {
      return use(this.#keeper.follow(config, rules));
    } catch (error) {
      if (GantryError.from(error).code !== 'PLACEMENT_IMPOSSIBLE') this.#keeper.forget();
      throw error;
    }
  }

  #choose(warm: WarmAllocator, wanted: Wanted, needs: InstanceNeeds, { group, refuses }: PlaceOptions): Omit<ChosenNodes, 'remarks'> {
    const { allocator, nodes, groupAt } = warm;
    const own = nodes.map((node) => nodeRefusal(this.#live, node) ?? refuses?.(node) ?? inability(this.#live, node, needs));
    const restrictToNodes = own.some((refusal) => refusal !== null)
      ? nodes.flatMap(({ name }, n) => (own[n] === null ? [name] : []))
      : undefined;
    const request = {
      requiredNodes: nodesFor(needs.disk_template),
      group: group === undefined ? undefined : groupAt.get(group),
      restrictToNodes,
    };
    const { place } = allocate(allocator, wanted, { ...request, silent: true });
    const primary = nodes[place?.primary ?? noNode];
    if (primary) return { primary, secondary: nodes[place?.secondary ?? noNode] };
    const subject = describeNeeds(wanted.instance);
    throw new GantryError('PLACEMENT_IMPOSSIBLE', {
      subject,
      refusals: describeRefusals(allocator, wanted, own, explainRefusals(allocator, wanted, request)),
    });
  }
}

const preparedInstance = ({ state, added }: Allocator, row: number): PreparedInstance =>
  (state.data.instances[row] ?? added[row - state.instanceCount]) as PreparedInstance;

function mayMigrate({ state, search }: Allocator, row: number, from: number, to: number): boolean {
  const { migrationTags = [] } = state.data.nodes[from] ?? {};
  const { receivedMigrationTags = [] } = state.data.nodes[to] ?? {};
  if (!migrationTags.every((tag) => receivedMigrationTags.includes(tag))) return false;
  return search.rules?.mayMigrate(row, from, to) ?? true;
}
