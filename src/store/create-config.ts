import { GantryError } from '../base/index.ts';
import { type Cluster, type Instance, keys, type NamedKind, type Network, type Node, type NodeGroup } from '../model/index.ts';
import type { ObjectKind, ObjectOf } from './config.ts';
import { checkObject, objectKey } from './config-objects.ts';
import type { Store, Write } from './store.ts';

export interface InitialObjects {
  readonly cluster: Cluster;
  readonly groups: readonly NodeGroup[];
  readonly nodes: readonly Node[];
  readonly networks?: readonly Network[];
  readonly instances?: readonly Instance[];
}

/**
 * Writes a new cluster into an empty store, in one transaction; returns its revision.
 * @throws CLUSTER_EXISTS, INPUT_INVALID, STORE_TRANSACTION_TOO_LARGE
 */
export async function createConfig(store: Store, objects: InitialObjects): Promise<number> {
  const writes = [
    put('cluster', objects.cluster),
    ...objects.groups.flatMap((group) => putNamed('group', group)),
    ...objects.nodes.flatMap((node) => putNamed('node', node)),
    ...(objects.networks ?? []).flatMap((network) => putNamed('network', network)),
    ...(objects.instances ?? []).flatMap((instance) => putNamed('instance', instance)),
  ];
  const outcome = await store.transact({ compares: [{ key: keys.cluster, modRevision: 0 }], writes });
  if (!outcome.committed) throw new GantryError('CLUSTER_EXISTS', { place: 'the state store' });
  return outcome.revision;
}

function putNamed<K extends NamedKind>(kind: K, object: ObjectOf[K]): Write[] {
  return [put(kind, object), { type: 'put', key: keys.name(kind, object.name), value: object.uuid }];
}

function put<K extends ObjectKind>(kind: K, object: ObjectOf[K]): Write {
  checkObject(kind, object);
  return { type: 'put', key: objectKey(kind, object.uuid), value: JSON.stringify(object) };
}
