import { GantryError } from '../../base/index.ts';
import type { NamedKind } from '../../model/index.ts';
import type { ConfigDraft, ConfigSnapshot, ObjectKind, ObjectOf } from '../../store/index.ts';
import { plainConfig } from './plain-config.ts';

/** Changes a plain configuration. What a store would look after, as serial numbers, is left as it is. */
export class PlainDraft implements ConfigDraft {
  readonly snapshot: ConfigSnapshot;
  readonly #objects: { [K in ObjectKind]: Map<string, ObjectOf[K]> };
  readonly #claims: Record<string, string>;
  readonly #read: Set<string>;

  constructor(snapshot: ConfigSnapshot, claims: Readonly<Record<string, string>>, read: Set<string>) {
    this.snapshot = snapshot;
    this.#claims = { ...claims };
    this.#read = read;
    const { cluster, nodes, groups, networks, instances } = snapshot;
    const of = <T extends { uuid: string }>(objects: Iterable<T>) => new Map(Array.from(objects, (object) => [object.uuid, object]));
    this.#objects = {
      cluster: of([cluster]),
      node: of(nodes.values()),
      group: of(groups.values()),
      network: of(networks.values()),
      instance: of(instances.values()),
    };
  }

  get<K extends ObjectKind>(kind: K, uuid: string): ObjectOf[K] | undefined {
    const object = this.#objects[kind].get(uuid);
    this.#read.add(`${kind} ${object && 'name' in object ? object.name : uuid}`);
    return object;
  }

  need<K extends ObjectKind>(kind: K, uuid: string): ObjectOf[K] {
    const object = this.get(kind, uuid);
    if (!object) throw new GantryError('OBJECT_UNKNOWN', { kind, name: uuid });
    return object;
  }

  create<K extends NamedKind>(kind: K, object: ObjectOf[K]): void {
    this.#objects[kind].set(object.uuid, object);
  }

  update<K extends ObjectKind>(kind: K, uuid: string, change: (old: ObjectOf[K]) => ObjectOf[K]): void {
    this.#objects[kind].set(uuid, change(this.need(kind, uuid)));
  }

  remove(kind: NamedKind, uuid: string): void {
    this.#objects[kind].delete(uuid);
  }

  claim(what: 'mac' | 'port' | 'ip', value: string, owner: string): void {
    const key = `${what} ${value}`;
    const holder = this.#claims[key];
    if (holder !== undefined && holder !== owner) throw new GantryError('CLAIM_TAKEN', { what, value, owner: holder });
    this.#claims[key] = owner;
  }

  release(what: 'mac' | 'port' | 'ip', value: string): void {
    delete this.#claims[`${what} ${value}`];
  }

  /** The configuration as it is after the changes. */
  end(): { config: ConfigSnapshot; claims: Readonly<Record<string, string>> } {
    const { cluster, node, group, network, instance } = this.#objects;
    const [only] = cluster.values();
    const claims = this.#claims;
    const objects = {
      ...(only && { cluster: only }),
      groups: [...group.values()],
      networks: [...network.values()],
      nodes: [...node.values()],
      instances: [...instance.values()],
      claims,
    };
    return { config: plainConfig(objects, this.snapshot.revision + 1), claims };
  }
}
