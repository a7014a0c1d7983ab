import { GantryError } from '../base/index.ts';
import { type Cluster, type Instance, keys, type NamedKind } from '../model/index.ts';
import type { Collection, ConfigSnapshot, InstancesOfNode, ObjectKind, ObjectOf } from './config.ts';
import { parseConfigKey, readObject } from './config-objects.ts';
import { importingError } from './import/import-mark.ts';
import { InstanceIndex } from './instance-index.ts';
import { migratingError } from './migrations/stored-version.ts';
import { type Difference, PersistentMap } from './persistent-map.ts';
import type { Entry, WatchBatch, WatchEvent } from './store.ts';

/** A value and the revision of its last change, which a transaction on it must name. */
export interface Held<T> {
  readonly value: T;
  readonly modRevision: number;
}

type Objects = { readonly [K in ObjectKind]: PersistentMap<Held<ObjectOf[K]>> };

interface Parts {
  readonly revision: number;
  readonly objects: Objects;
  /** Names and claims by their whole key. */
  readonly texts: PersistentMap<Held<string>>;
  readonly index: InstanceIndex;
}

const noParts: Parts = {
  revision: 0,
  objects: {
    cluster: PersistentMap.empty(),
    node: PersistentMap.empty(),
    group: PersistentMap.empty(),
    network: PersistentMap.empty(),
    instance: PersistentMap.empty(),
  },
  texts: PersistentMap.empty(),
  index: InstanceIndex.empty,
};

/** A snapshot of the configuration together with what a transaction on it has to know. Immutable. */
export class ConfigState implements ConfigSnapshot {
  readonly #parts: Parts;
  readonly cluster: Cluster;
  readonly nodes: Collection<ObjectOf['node']>;
  readonly groups: Collection<ObjectOf['group']>;
  readonly networks: Collection<ObjectOf['network']>;
  readonly instances: Collection<ObjectOf['instance']>;

  /** @param previous a state of before: collections that are the same are taken over, and with them what was derived from them */
  private constructor(parts: Parts, previous?: ConfigState) {
    this.#parts = parts;
    const cluster = parts.objects.cluster.get('');
    if (!cluster) throw new GantryError('CLUSTER_MISSING', { place: 'the state store' });
    this.cluster = cluster.value;
    this.nodes = ObjectCollection.of('node', parts, previous?.nodes);
    this.groups = ObjectCollection.of('group', parts, previous?.groups);
    this.networks = ObjectCollection.of('network', parts, previous?.networks);
    this.instances = ObjectCollection.of('instance', parts, previous?.instances);
  }

  /**
   * The state of a complete reading of `/config/`.
   * @param previous an older state, from which unchanged objects are taken over
   * @throws CLUSTER_MISSING, STORE_OBJECT_CORRUPT, STORE_VERSION_NEWER, STORE_MIGRATING, STORE_IMPORTING
   */
  static load(entries: readonly Entry[], revision: number, previous?: ConfigState): ConfigState {
    entries.forEach(refuseUnfinished);
    // The cluster first: with a newer layout nothing else can be understood.
    const cluster = entries.find(({ key }) => key === keys.cluster);
    let parts = cluster ? withPut(noParts, cluster, previous) : noParts;
    for (const entry of entries) if (entry !== cluster) parts = withPut(parts, entry, previous);
    return new ConfigState({ ...parts, revision });
  }

  get revision(): number {
    return this.#parts.revision;
  }

  claim(what: 'mac' | 'port' | 'ip', value: string): string | undefined {
    return this.text(keys.claim(what, value))?.value;
  }

  instancesOf(nodeUuid: string): InstancesOfNode {
    return this.#parts.index.of(nodeUuid);
  }

  held<K extends ObjectKind>(kind: K, uuid: string): Held<ObjectOf[K]> | undefined {
    const objects: PersistentMap<Held<ObjectOf[K]>> = this.#parts.objects[kind];
    return objects.get(kind === 'cluster' ? '' : uuid);
  }

  text(key: string): Held<string> | undefined {
    return this.#parts.texts.get(key);
  }

  /** Revision of the last change of any key of the configuration; 0 when it does not exist. */
  modRevision(key: string): number {
    const parsed = parseConfigKey(key);
    const held = parsed.type === 'object' ? this.held(parsed.kind, parsed.uuid) : this.text(key);
    return held?.modRevision ?? 0;
  }

  /** @throws CLUSTER_MISSING, STORE_OBJECT_CORRUPT, STORE_VERSION_NEWER, STORE_MIGRATING, STORE_IMPORTING */
  apply({ revision, events }: WatchBatch): ConfigState {
    for (const event of events) if (event.type === 'put') refuseUnfinished(event.entry);
    return new ConfigState({ ...events.reduce(withEvent, this.#parts), revision }, this);
  }
}

class ObjectCollection<K extends NamedKind> implements Collection<ObjectOf[K]> {
  readonly #kind: K;
  readonly #objects: PersistentMap<Held<ObjectOf[K]>>;
  readonly #texts: PersistentMap<Held<string>>;

  constructor(kind: K, objects: PersistentMap<Held<ObjectOf[K]>>, texts: PersistentMap<Held<string>>) {
    this.#kind = kind;
    this.#objects = objects;
    this.#texts = texts;
  }

  /** @param previous taken over when it is the same */
  static of<K extends NamedKind>(kind: K, { objects, texts }: Parts, previous?: Collection<ObjectOf[K]>): Collection<ObjectOf[K]> {
    const own: PersistentMap<Held<ObjectOf[K]>> = objects[kind];
    const same = previous instanceof ObjectCollection && previous.#objects === own && previous.#texts === texts;
    return same ? previous : new ObjectCollection(kind, own, texts);
  }

  /** Undefined when they have nothing in common. */
  static changes<T>(older: Collection<T>, newer: Collection<T>): IterableIterator<Difference<Held<T>>> | undefined {
    if (!(older instanceof ObjectCollection && newer instanceof ObjectCollection)) return undefined;
    const [before, after] = [older.#objects, newer.#objects] as unknown as [PersistentMap<Held<T>>, PersistentMap<Held<T>>];
    return after.changesSince(before);
  }

  get size(): number {
    return this.#objects.size;
  }

  get(uuid: string): ObjectOf[K] | undefined {
    return this.#objects.get(uuid)?.value;
  }

  find(nameOrUuid: string): ObjectOf[K] | undefined {
    const uuid = this.#texts.get(keys.name(this.#kind, nameOrUuid))?.value;
    return this.get(uuid ?? nameOrUuid);
  }

  *values(): IterableIterator<ObjectOf[K]> {
    for (const { value } of this.#objects.values()) yield value;
  }
}

/** What became of one object; `before` undefined: it is new; `after` undefined: it is gone. */
export interface ObjectChange<T> {
  readonly uuid: string;
  readonly before: T | undefined;
  readonly after: T | undefined;
}

/** The objects that differ in two snapshots of one configuration; it costs as much as there are of them. */
export function* changedObjects<T extends { readonly uuid: string }>(
  older: Collection<T>,
  newer: Collection<T>,
): IterableIterator<ObjectChange<T>> {
  if (older === newer) return;
  const changes = ObjectCollection.changes(older, newer);
  if (changes) {
    for (const { key: uuid, before, after } of changes) {
      if (before?.value !== after?.value) yield { uuid, before: before?.value, after: after?.value };
    }
    return;
  }
  for (const after of newer.values()) {
    const before = older.get(after.uuid);
    if (before !== after) yield { uuid: after.uuid, before, after };
  }
  for (const before of older.values()) if (!newer.get(before.uuid)) yield { uuid: before.uuid, before, after: undefined };
}

/** Objects of two versions, or only some of an import: all may fit their schemas and still be wrong. @throws STORE_MIGRATING, STORE_VERSION_NEWER, STORE_IMPORTING */
function refuseUnfinished({ key, value }: Entry): void {
  if (key === keys.migrating) throw migratingError(value);
  if (key === keys.importing) throw importingError(value);
}

function withEvent(parts: Parts, event: WatchEvent): Parts {
  return event.type === 'put' ? withPut(parts, event.entry) : withoutKey(parts, event.key);
}

function withPut(parts: Parts, entry: Entry, previous?: ConfigState): Parts {
  const { key, value, modRevision } = entry;
  const parsed = parseConfigKey(key);
  if (parsed.type === 'unknown') return parts;
  if (parsed.type === 'text') return { ...parts, texts: parts.texts.set(key, { value, modRevision }) };
  const { kind, uuid } = parsed;
  const known = previous?.held(kind, uuid);
  return withObject(parts, kind, uuid, known?.modRevision === modRevision ? known : { value: readObject(kind, entry), modRevision });
}

function withObject<K extends ObjectKind>(parts: Parts, kind: K, uuid: string, held: Held<ObjectOf[K]>): Parts {
  const old = (parts.objects[kind] as PersistentMap<Held<ObjectOf[K]>>).get(uuid);
  const objects: Objects = { ...parts.objects, [kind]: parts.objects[kind].set(uuid, held) };
  if (kind !== 'instance') return { ...parts, objects };
  return { ...parts, objects, index: parts.index.replace(old?.value as Instance | undefined, held.value as Instance) };
}

function withoutKey(parts: Parts, key: string): Parts {
  const parsed = parseConfigKey(key);
  if (parsed.type === 'unknown') return parts;
  if (parsed.type === 'text') return { ...parts, texts: parts.texts.delete(key) };
  const { kind, uuid } = parsed;
  const objects: Objects = { ...parts.objects, [kind]: parts.objects[kind].delete(uuid) };
  if (kind !== 'instance') return { ...parts, objects };
  return { ...parts, objects, index: parts.index.replace(parts.objects.instance.get(uuid)?.value, undefined) };
}
