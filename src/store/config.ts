import type { Cluster, Instance, NamedKind, Network, Node, NodeGroup } from '../model/index.ts';
import type { Comparison, Write } from './store.ts';

/** Read access to the objects of one kind. */
export interface Collection<T> {
  readonly size: number;
  get(uuid: string): T | undefined;
  /** By name (case does not matter) or UUID. */
  find(nameOrUuid: string): T | undefined;
  values(): IterableIterator<T>;
}

/** The instances of a node, by what it is to them. */
export interface InstancesOfNode {
  readonly primary: readonly Instance[];
  readonly secondary: readonly Instance[];
  /** On their way to it. */
  readonly arriving: readonly Instance[];
}

/** The whole configuration at one revision; never changes, costs nothing to keep. */
export interface ConfigSnapshot {
  readonly revision: number;
  readonly cluster: Cluster;
  readonly nodes: Collection<Node>;
  readonly groups: Collection<NodeGroup>;
  readonly networks: Collection<Network>;
  readonly instances: Collection<Instance>;
  /** Owner of a claimed MAC, port or IP, if any. */
  claim(what: 'mac' | 'port' | 'ip', value: string): string | undefined;
  instancesOf(nodeUuid: string): InstancesOfNode;
}

export type ObjectKind = 'cluster' | NamedKind;
export type ObjectOf = { cluster: Cluster; node: Node; group: NodeGroup; network: Network; instance: Instance };

/**
 * One change of the configuration: reads and writes are recorded, then committed as one transaction that holds only if
 * nothing that was read has changed since. The function that fills a draft may run several times and must not have
 * other effects.
 */
export interface ConfigDraft {
  readonly snapshot: ConfigSnapshot;
  /** Reads through the draft's own writes; the transaction then depends on this object. */
  get<K extends ObjectKind>(kind: K, uuid: string): ObjectOf[K] | undefined;
  /** @throws OBJECT_UNKNOWN */
  need<K extends ObjectKind>(kind: K, uuid: string): ObjectOf[K];
  /** Adds an object and claims its name. @throws NAME_TAKEN */
  create<K extends NamedKind>(kind: K, object: ObjectOf[K]): void;
  /** Replaces an object; serial_no grows and mtime is set; a changed name moves its claim. */
  update<K extends ObjectKind>(kind: K, uuid: string, change: (old: ObjectOf[K]) => ObjectOf[K]): void;
  /** Removes an object and its name; no error when it is gone already. */
  remove(kind: NamedKind, uuid: string): void;
  /** @throws CLAIM_TAKEN when another owner has it */
  claim(what: 'mac' | 'port' | 'ip', value: string, owner: string): void;
  release(what: 'mac' | 'port' | 'ip', value: string): void;
}

/** Further comparisons and writes that go into the same transaction, e.g. the outcome of a job's step. */
export interface Rider {
  readonly compares: readonly Comparison[];
  readonly writes: readonly Write[];
}

/** The configuration of a running master or confd: an in-memory snapshot kept current by watch. */
export interface Config {
  /** The newest snapshot; a plain field read. */
  readonly current: ConfigSnapshot;
  /**
   * Runs `change` on a draft and commits it together with `rider`; repeats when something it read has changed.
   * Resolves when `current` includes the change.
   * @throws whatever `change` throws; FENCED when a comparison of the rider does not hold
   */
  transact<T>(change: (draft: ConfigDraft) => T, rider?: (result: T) => Rider): Promise<{ result: T; revision: number }>;
  /** Runs `change` on a draft that is then thrown away. @throws whatever `change` throws */
  rehearse(change: (draft: ConfigDraft) => void): void;
  /** Resolves when `current` is at least of this revision. */
  reached(revision: number): Promise<void>;
  /** Resolves when `current` is of a later revision than this. @throws when `signal` aborts, and when it is closed */
  moved(after: number, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
