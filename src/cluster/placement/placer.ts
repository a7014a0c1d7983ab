import { GantryError } from '../../base/index.ts';
import { type Cluster, type Instance, type Node, requiredNodes } from '../../model/index.ts';
import {
  type Allocator,
  allocate,
  explainRefusals,
  isRedundant,
  noNode,
  type Place,
  type PreparedInstance,
  settle,
  stage,
  type Wanted,
  withdraw,
} from '../../placement/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { missingLink } from '../lib/nodes/node-links.ts';
import type { LiveState } from '../live-state.ts';
import { AllocatorKeeper, type WarmAllocator } from './allocator-keeper.ts';
import { ClusterLocation } from './cluster-location.ts';
import { presenceKeys } from './configured-cluster.ts';
import { describeNeeds, describeRefusals } from './describe-refusals.ts';
import { type InstanceNeeds, instanceData, needsOf } from './instance-needs.ts';
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

export interface WantedMove {
  readonly instance: Instance;
  /** It keeps running, so that restrictions of migration hold. */
  readonly migrates: boolean;
  /** Nodes that whoever asks can use; default: all. */
  readonly mayUse?: (node: Node) => boolean;
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
      return { ...this.#choose(config.cluster, { ...warm, allocator }, wanted, needs, options), remarks };
    });
  }

  /** As `targets`, for one instance. @throws PLACEMENT_IMPOSSIBLE, errors LOCATION_… */
  async target(config: ConfigSnapshot, instance: Instance, { migrates }: { readonly migrates: boolean }): Promise<Node> {
    const [target] = await this.targets(config, [{ instance, migrates }]);
    if (target instanceof GantryError) throw target;
    return target as Node;
  }

  /**
   * For each instance (all nodes must reach its disks): the best other node of its group after the moves of the instances before
   * it, or PLACEMENT_IMPOSSIBLE. N+1 is not required: instances are often moved because a node was lost.
   * @throws errors LOCATION_…
   */
  async targets(config: ConfigSnapshot, moves: readonly WantedMove[]): Promise<(Node | GantryError)[]> {
    return this.#with(config, (warm) => {
      const { allocator, nodeAt } = warm;
      const moved: { readonly wanted: Wanted; readonly back: Place }[] = [];
      try {
        return moves.map((move) => {
          // What an earlier failed move of the same instance left must not block this one.
          const leftover = arrivalOf(warm, move.instance);
          if (leftover) moved.push({ wanted: leftover, back: takeOff(allocator, leftover) });
          const wanted = wantedOf(warm, move.instance);
          const back = takeOff(allocator, wanted);
          const target = this.#moveTarget(warm, config, wanted, move);
          const to = target instanceof GantryError ? back.primary : (nodeAt.get(target.uuid) as number);
          settle(allocator, wanted, { ...back, primary: to });
          moved.push({ wanted, back });
          return target;
        });
      } finally {
        for (const { wanted, back } of moved) {
          takeOff(allocator, wanted);
          settle(allocator, wanted, back);
        }
      }
    });
  }

  /** @throws PLACEMENT_IMPOSSIBLE when a node that was named has not the memory that an instance may use */
  async requireMemory(config: ConfigSnapshot, instance: Instance, target: Node): Promise<void> {
    await this.#with(config, (warm) => {
      const { allocator, rows, nodeAt } = warm;
      const n = nodeAt.get(target.uuid) as number;
      const { nodes, instances } = allocator.state;
      const row = rows.get(instance.uuid) as number;
      const leftover = arrivalOf(warm, instance);
      const own = leftover && instances.primary[leftover.row] === n ? (instances.memory[leftover.row] as number) : 0;
      const free = (nodes.room[n] as number) - (nodes.instanceMemory[n] as number) + own;
      if (instances.usesMemory[row] === 0 || (instances.memory[row] as number) <= free) return;
      const subject = describeNeeds(preparedInstance(allocator, row));
      throw new GantryError('PLACEMENT_IMPOSSIBLE', {
        subject,
        refusals: `${target.name}: not enough memory, ${Math.max(0, free)} MiB free`,
      });
    });
  }

  /** Of an instance that was withdrawn. */
  #moveTarget(warm: WarmAllocator, config: ConfigSnapshot, wanted: Wanted, { instance, migrates, mayUse }: WantedMove): Node | GantryError {
    const { allocator, nodeAt } = warm;
    const from = nodeAt.get(instance.primary_node) as number;
    const refuses = (node: Node) => {
      if (node.uuid === instance.primary_node) return 'the instance is there';
      if (mayUse?.(node) === false) return 'it cannot be used';
      const missing = missingLink(config, this.#live, node, instance.nics);
      if (missing !== null) return missing;
      return migrates && !mayMigrate(allocator, wanted.row, from, nodeAt.get(node.uuid) as number) ? 'no migration to there' : null;
    };
    const view = { ...warm, allocator: { ...allocator, redundancy: undefined } };
    try {
      return this.#choose(config.cluster, view, wanted, needsOf(instance), {
        group: config.nodes.get(instance.primary_node)?.group,
        refuses,
      }).primary;
    } catch (error) {
      if (error instanceof GantryError && error.code === 'PLACEMENT_IMPOSSIBLE') return error;
      throw error;
    }
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

  #choose(
    cluster: Cluster,
    warm: WarmAllocator,
    wanted: Wanted,
    needs: InstanceNeeds,
    { group, refuses }: PlaceOptions,
  ): Omit<ChosenNodes, 'remarks'> {
    const { allocator, nodes, groupAt } = warm;
    const own = nodes.map((node) => nodeRefusal(this.#live, node) ?? refuses?.(node) ?? inability(this.#live, cluster, node, needs));
    const restrictToNodes = own.some((refusal) => refusal !== null)
      ? nodes.flatMap(({ name }, n) => (own[n] === null ? [name] : []))
      : undefined;
    const request = {
      requiredNodes: requiredNodes(needs.disk_template),
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

function wantedOf({ allocator, rows }: WarmAllocator, { uuid, name }: Instance): Wanted {
  const row = rows.get(uuid);
  if (row === undefined) throw new Error(`instance ${name} is not in the configuration that it was taken from`);
  return { row, instance: preparedInstance(allocator, row) };
}

/** What stands for an instance on the node that it is moving to, if it is. */
function arrivalOf({ allocator, rows }: WarmAllocator, instance: Instance): Wanted | undefined {
  const row = rows.get(presenceKeys(instance)[1] ?? '');
  return row === undefined ? undefined : { row, instance: preparedInstance(allocator, row) };
}

/** Takes it off its nodes, if it is on any. @returns where it was */
function takeOff(allocator: Allocator, { row }: Wanted): Place {
  const { primary, secondary } = allocator.state.instances;
  const place = { primary: primary[row] as number, secondary: secondary[row] as number, score: 0 };
  if (place.primary >= 0) withdraw(allocator, row);
  return place;
}

const preparedInstance = ({ state, added }: Allocator, row: number): PreparedInstance =>
  (state.data.instances[row] ?? added[row - state.instanceCount]) as PreparedInstance;

function mayMigrate({ state, search }: Allocator, row: number, from: number, to: number): boolean {
  const { migrationTags = [] } = state.data.nodes[from] ?? {};
  const { receivedMigrationTags = [] } = state.data.nodes[to] ?? {};
  if (!migrationTags.every((tag) => receivedMigrationTags.includes(tag))) return false;
  return search.rules?.mayMigrate(row, from, to) ?? true;
}
