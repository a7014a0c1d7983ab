import { closestName, GantryError } from '../../base/index.ts';
import { hasJoined, type Instance, type NamedKind, type Network, type Node, type NodeGroup } from '../../model/index.ts';
import type { Collection, ConfigSnapshot } from '../../store/index.ts';

function find<T extends { name: string }>(kind: NamedKind, objects: Collection<T>, nameOrUuid: string): T {
  const found = objects.find(nameOrUuid);
  if (found) return found;
  const names = [...objects.values()].map((object) => object.name);
  const close = closestName(nameOrUuid, names);
  throw new GantryError('OBJECT_UNKNOWN', { kind, name: nameOrUuid, ...(close && { did_you_mean: close }) });
}

// Each finds an object by name or UUID and throws OBJECT_UNKNOWN, with the closest name, where there is none.

export const findInstance = (config: ConfigSnapshot, name: string): Instance => find('instance', config.instances, name);
export const findNode = (config: ConfigSnapshot, name: string): Node => find('node', config.nodes, name);
export const findGroup = (config: ConfigSnapshot, name: string): NodeGroup => find('group', config.groups, name);
export const findNetwork = (config: ConfigSnapshot, name: string): Network => find('network', config.networks, name);

/** @throws NAME_TAKEN; NODE_AWAITED where the name is that of a node that has still to join */
export function requireFreeName(config: ConfigSnapshot, kind: NamedKind, name: string): void {
  const node = kind === 'node' ? config.nodes.find(name) : undefined;
  if (node && !hasJoined(node)) throw new GantryError('NODE_AWAITED', { name: node.name });
  const objects = { node: config.nodes, group: config.groups, network: config.networks, instance: config.instances }[kind];
  if (objects.find(name)) throw new GantryError('NAME_TAKEN', { kind, name });
}
