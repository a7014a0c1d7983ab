import { type Instance, type NamedKind, placesOf } from '../../model/index.ts';
import type { ConfigSnapshot } from '../../store/index.ts';
import { claimsOf } from '../lib/instances/new-instance.ts';
import { checkAddresses } from '../verify/check-addresses.ts';

/**
 * What does not fit together in a configuration, one sentence each: references to objects that are not there, names and
 * reservations that belong to others, addresses that several hosts on one network have. It asks no node.
 */
export function* checkConfig(config: ConfigSnapshot): Generator<string> {
  const { nodes, groups, networks, instances } = config;
  for (const [kind, objects] of Object.entries({ node: nodes, group: groups, network: networks, instance: instances })) {
    for (const { uuid, name } of objects.values())
      if (objects.find(name)?.uuid !== uuid) yield `The name of ${kind as NamedKind} ${name} does not lead to it.`;
  }
  if (!nodes.get(config.cluster.master_node)) yield 'The node of the master is not configured.';
  for (const node of nodes.values()) if (!groups.get(node.group)) yield `The group of node ${node.name} does not exist.`;
  for (const network of networks.values()) {
    for (const group of Object.keys(network.groups)) if (!groups.get(group)) yield `A group of network ${network.name} does not exist.`;
  }
  for (const instance of instances.values()) yield* checkInstance(config, instance);
  for (const { subject, text, severity } of checkAddresses({ config } as Parameters<typeof checkAddresses>[0]))
    if (severity !== 'warning') yield `The ${subject} ${text}`;
}

function* checkInstance(config: ConfigSnapshot, instance: Instance): Generator<string> {
  const { nodes, networks } = config;
  const by = `instance ${instance.name}`;
  for (const uuid of placesOf(instance)) if (!nodes.get(uuid)) yield `A node of ${by} does not exist.`;
  for (const { network } of instance.nics) if (network !== null && !networks.get(network)) yield `A network of ${by} does not exist.`;
  for (const { what, value } of claimsOf(instance))
    if (config.claim(what, value) !== instance.uuid) yield `The ${what} ${value} of ${by} is not reserved for it.`;
}
