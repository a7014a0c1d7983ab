import { access } from 'node:fs/promises';
import { GantryError, run } from '../../base/index.ts';
import { namespacePath } from './daemon-process.ts';
import { type LocalCluster, type LocalNode, prefixLength } from './local-cluster.ts';
import type { LocalPaths } from './local-paths.ts';

/** The bridge of every node that instances are attached to. */
export const instanceBridge = 'br0';

/** Whether every namespace of the cluster is there. */
export async function networkExists(cluster: LocalCluster): Promise<boolean> {
  const names = [cluster.paths.fabric, ...cluster.members.map(({ paths }) => paths.namespace)];
  return (await Promise.all(names.map(namespaceExists))).every(Boolean);
}

/**
 * Makes a network namespace for each node, and one for the two switches that connect them: `mgmt` with the nodes' own
 * addresses (their `eth0`), and `inst`, an Ethernet that joins their bridges. No device is made outside of these.
 * @throws LOCAL_NETWORK_FAILED
 */
export async function makeNetwork(cluster: LocalCluster): Promise<void> {
  const { fabric } = cluster.paths;
  try {
    await run('ip', ['netns', 'add', fabric]);
    await batch(fabric, [
      'link set lo up',
      ...['mgmt', 'inst'].flatMap((bridge) => [`link add ${bridge} type bridge`, `link set ${bridge} up`]),
    ]);
    for (const member of cluster.members) await connectNode(fabric, member);
  } catch (error) {
    throw new GantryError('LOCAL_NETWORK_FAILED', { detail: (error as Error).message }, { cause: error });
  }
}

async function connectNode(fabric: string, { name, address, bridgeAddress, paths }: LocalNode): Promise<void> {
  const { namespace } = paths;
  const number = name.replace('node', '');
  await run('ip', ['netns', 'add', namespace]);
  await batch(fabric, [
    `link add m${number} type veth peer name eth0 netns ${namespace}`,
    `link add i${number} type veth peer name eth1 netns ${namespace}`,
    `link set m${number} master mgmt up`,
    `link set i${number} master inst up`,
  ]);
  await batch(namespace, [
    'link set lo up',
    `address add ${address}/${prefixLength} dev eth0`,
    'link set eth0 up',
    `link add ${instanceBridge} type bridge`,
    `link set eth1 master ${instanceBridge} up`,
    `address add ${bridgeAddress}/${prefixLength} dev ${instanceBridge}`,
    `link set ${instanceBridge} up`,
  ]);
}

/** Several `ip` commands in one process. */
async function batch(namespace: string, commands: readonly string[]): Promise<void> {
  await run('nsenter', [`--net=${namespacePath(namespace)}`, '--', 'ip', '-batch', '-'], { input: `${commands.join('\n')}\n` });
}

/** Names of the cluster's namespaces that exist, whoever made them. */
export async function listNamespaces({ namespacePrefix }: Pick<LocalPaths, 'namespacePrefix'>): Promise<string[]> {
  const { stdout } = await run('ip', ['-json', 'netns', 'list']);
  const namespaces = JSON.parse(stdout.trim() || '[]') as { readonly name: string }[];
  // "gantry-a-" is also how the namespaces of a cluster "a-node1" begin.
  const own = new RegExp(`^${namespacePrefix}(fabric|node\\d+)$`);
  return namespaces.map(({ name }) => name).filter((name) => own.test(name));
}

/** Removes a namespace with its devices; it vanishes when its last process is gone. */
export async function removeNamespace(name: string): Promise<void> {
  if (await namespaceExists(name)) await run('ip', ['netns', 'delete', name]);
}

async function namespaceExists(name: string): Promise<boolean> {
  return access(namespacePath(name)).then(
    () => true,
    () => false,
  );
}
