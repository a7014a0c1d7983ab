import type { Instance } from '../model/index.ts';
import { PersistentMap } from './persistent-map.ts';

/** The instances of one node. The lists are made when somebody asks for them, once. */
class NodeInstances {
  readonly primaries: PersistentMap<Instance>;
  readonly secondaries: PersistentMap<Instance>;
  #lists: { readonly primary: readonly Instance[]; readonly secondary: readonly Instance[] } | undefined;

  constructor(primaries: PersistentMap<Instance>, secondaries: PersistentMap<Instance>) {
    this.primaries = primaries;
    this.secondaries = secondaries;
  }

  get lists(): { readonly primary: readonly Instance[]; readonly secondary: readonly Instance[] } {
    this.#lists ??= { primary: [...this.primaries.values()], secondary: [...this.secondaries.values()] };
    return this.#lists;
  }
}

const nobody = new NodeInstances(PersistentMap.empty(), PersistentMap.empty());

/** Which instances belong to which node; immutable, changed in O(log n). */
export class InstanceIndex {
  static readonly empty = new InstanceIndex(PersistentMap.empty());
  readonly #nodes: PersistentMap<NodeInstances>;

  private constructor(nodes: PersistentMap<NodeInstances>) {
    this.#nodes = nodes;
  }

  of(nodeUuid: string): { readonly primary: readonly Instance[]; readonly secondary: readonly Instance[] } {
    return (this.#nodes.get(nodeUuid) ?? nobody).lists;
  }

  /** One instance changed, appeared (`old` undefined) or vanished (`next` undefined). */
  replace(old: Instance | undefined, next: Instance | undefined): InstanceIndex {
    const touched = new Set([...nodesOf(old), ...nodesOf(next)]);
    let nodes = this.#nodes;
    for (const uuid of touched) {
      const before = nodes.get(uuid) ?? nobody;
      const primaries = place(before.primaries, old?.uuid, next?.primary_node === uuid ? next : undefined);
      const secondaries = place(before.secondaries, old?.uuid, next?.secondary_nodes.includes(uuid) ? next : undefined);
      nodes = primaries.size + secondaries.size > 0 ? nodes.set(uuid, new NodeInstances(primaries, secondaries)) : nodes.delete(uuid);
    }
    return new InstanceIndex(nodes);
  }
}

function nodesOf(instance: Instance | undefined): readonly string[] {
  return instance ? [instance.primary_node, ...instance.secondary_nodes] : [];
}

function place(map: PersistentMap<Instance>, oldUuid: string | undefined, next: Instance | undefined): PersistentMap<Instance> {
  if (next) return map.set(next.uuid, next);
  return oldUuid === undefined ? map : map.delete(oldUuid);
}
