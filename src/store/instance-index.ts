import { type Instance, placesOf } from '../model/index.ts';
import type { InstancesOfNode } from './config.ts';
import { PersistentMap } from './persistent-map.ts';

/** The instances of one node. The lists are made when somebody asks for them, once. */
class NodeInstances {
  readonly primaries: PersistentMap<Instance>;
  readonly secondaries: PersistentMap<Instance>;
  readonly arriving: PersistentMap<Instance>;
  #lists: InstancesOfNode | undefined;

  constructor(primaries: PersistentMap<Instance>, secondaries: PersistentMap<Instance>, arriving: PersistentMap<Instance>) {
    this.primaries = primaries;
    this.secondaries = secondaries;
    this.arriving = arriving;
  }

  get lists(): InstancesOfNode {
    const { primaries, secondaries, arriving } = this;
    this.#lists ??= { primary: [...primaries.values()], secondary: [...secondaries.values()], arriving: [...arriving.values()] };
    return this.#lists;
  }
}

const nobody = new NodeInstances(PersistentMap.empty(), PersistentMap.empty(), PersistentMap.empty());

/** Which instances belong to which node; immutable, changed in O(log n). */
export class InstanceIndex {
  static readonly empty = new InstanceIndex(PersistentMap.empty());
  readonly #nodes: PersistentMap<NodeInstances>;

  private constructor(nodes: PersistentMap<NodeInstances>) {
    this.#nodes = nodes;
  }

  of(nodeUuid: string): InstancesOfNode {
    return (this.#nodes.get(nodeUuid) ?? nobody).lists;
  }

  /** One instance changed, appeared (`old` undefined) or vanished (`next` undefined). */
  replace(old: Instance | undefined, next: Instance | undefined): InstanceIndex {
    const touched = new Set([old, next].flatMap((instance) => (instance ? placesOf(instance) : [])));
    let nodes = this.#nodes;
    for (const uuid of touched) {
      const before = nodes.get(uuid) ?? nobody;
      const primaries = place(before.primaries, old?.uuid, next?.primary_node === uuid ? next : undefined);
      const secondaries = place(before.secondaries, old?.uuid, next?.secondary_nodes.includes(uuid) ? next : undefined);
      const arriving = place(before.arriving, old?.uuid, next?.moving_to === uuid ? next : undefined);
      const some = primaries.size + secondaries.size + arriving.size > 0;
      nodes = some ? nodes.set(uuid, new NodeInstances(primaries, secondaries, arriving)) : nodes.delete(uuid);
    }
    return new InstanceIndex(nodes);
  }
}

function place(map: PersistentMap<Instance>, oldUuid: string | undefined, next: Instance | undefined): PersistentMap<Instance> {
  if (next) return map.set(next.uuid, next);
  return oldUuid === undefined ? map : map.delete(oldUuid);
}
