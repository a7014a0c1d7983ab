import type { TSchema } from 'typebox';
import { GantryError } from '../base/index.ts';
import { Cluster, configVersion, Instance, keys, Network, Node, NodeGroup, validate } from '../model/index.ts';
import type { ObjectKind, ObjectOf } from './config.ts';
import { newerVersion } from './migrations/stored-version.ts';
import type { Entry } from './store.ts';

const schemas = { cluster: Cluster, node: Node, group: NodeGroup, network: Network, instance: Instance } satisfies Record<
  ObjectKind,
  TSchema
>;

const kindOfFolder: Record<string, Exclude<ObjectKind, 'cluster'>> = {
  nodes: 'node',
  groups: 'group',
  networks: 'network',
  instances: 'instance',
};

/** What a key below `/config/` holds. */
export type ConfigKey =
  | { readonly type: 'object'; readonly kind: ObjectKind; readonly uuid: string }
  | { readonly type: 'text' }
  | { readonly type: 'unknown' };

export function parseConfigKey(key: string): ConfigKey {
  if (key === keys.cluster) return { type: 'object', kind: 'cluster', uuid: '' };
  const [folder = '', uuid = '', ...rest] = key.slice(keys.config.length).split('/');
  if (folder === 'names' || folder === 'claims') return { type: 'text' };
  const kind = kindOfFolder[folder];
  return kind && uuid && rest.length === 0 ? { type: 'object', kind, uuid } : { type: 'unknown' };
}

export function objectKey(kind: ObjectKind, uuid: string): string {
  return kind === 'cluster' ? keys.cluster : keys[kind](uuid);
}

/** The object for people: its name. */
export function objectName(kind: ObjectKind, object: ObjectOf[ObjectKind]): string {
  return 'cluster_name' in object ? object.cluster_name : object.name;
}

/** @throws INPUT_INVALID naming the field: what does not fit its schema never gets into the store */
export function checkObject<K extends ObjectKind>(kind: K, object: ObjectOf[K]): void {
  validate(schemas[kind], object, `${kind} ${objectName(kind, object)}`);
}

/**
 * The object of an entry, frozen all the way down.
 * @throws STORE_OBJECT_CORRUPT, STORE_VERSION_NEWER
 */
export function readObject<K extends ObjectKind>(kind: K, { key, value }: Entry): ObjectOf[K] {
  let object: unknown;
  try {
    object = JSON.parse(value);
    if (kind === 'cluster') checkVersion(object);
    validate(schemas[kind], object, key);
  } catch (error) {
    if (error instanceof GantryError && error.code !== 'INPUT_INVALID') throw error;
    throw new GantryError('STORE_OBJECT_CORRUPT', { key, problem: (error as Error).message }, { cause: error });
  }
  return freeze(object) as ObjectOf[K];
}

/** Before anything else about the cluster is believed: a newer layout may not fit our schemas in any way. */
function checkVersion(cluster: unknown): void {
  const found = typeof cluster === 'object' && cluster !== null && 'config_version' in cluster ? cluster.config_version : undefined;
  if (typeof found === 'number' && found > configVersion) {
    throw newerVersion(found, configVersion);
  }
}

function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const member of Object.values(value)) freeze(member);
  return Object.freeze(value);
}
