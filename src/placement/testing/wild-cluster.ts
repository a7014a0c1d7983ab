import type { Random } from '../../base/index.ts';
import type { ClusterData, InstanceData } from '../cluster/cluster-data.ts';
import type { Location, LocationRule } from '../location/service.ts';
import { randomCluster } from './random-cluster.ts';

const mixes = [['drbd'], ['ext'], ['drbd', 'ext'], ['drbd', 'plain', 'ext', 'sharedfile', 'diskless']] as const;

/**
 * A cluster with some of everything that a balancer can meet: nodes of many sizes, offline, over-committed, with exclusive
 * storage, or with less memory than their instances should leave; instances that report what they use, exist only in part, or
 * may not move; tags.
 */
export function wildCluster(random: Random): ClusterData {
  const chance = (part: number) => random() < part;
  const templates = mixes[Math.floor(random() * mixes.length)] as (typeof mixes)[number];
  const [nodeCount, instanceCount] = [3 + Math.floor(random() * 8), 5 + Math.floor(random() * 45)];
  const cluster = randomCluster(random, { nodes: nodeCount, instances: instanceCount, templates, varied: chance(0.6) });
  const [overcommitted, measured, exclusive, forthcoming, leaking] = [chance(0.2), chance(0.2), chance(0.15), chance(0.15), chance(0.4)];
  const bare = chance(0.5);
  const changed = (instance: InstanceData): InstanceData => ({
    ...instance,
    ...(measured && chance(0.8) ? { usedMemory: Math.floor(instance.memory * random() * 2) } : {}),
    ...(exclusive ? { disks: instance.disks.map((disk) => (chance(0.8) ? { ...disk, spindles: 1 } : disk)) } : {}),
    forthcoming: forthcoming && chance(0.2),
    tags: bare ? [] : instance.tags,
  });
  return {
    ...cluster,
    groups: cluster.groups.map((group) => (overcommitted ? { ...group, ipolicy: { ...group.ipolicy, memoryRatio: 1.5 } } : group)),
    nodes: cluster.nodes.map((node) => ({
      ...node,
      exclusiveStorage: exclusive && chance(0.5),
      freeSpindles: node.totalSpindles,
      freeMemory: leaking && chance(0.5) ? Math.floor(node.freeMemory * random()) : node.freeMemory,
      tags: bare ? [] : node.tags,
    })),
    instances: cluster.instances.map(changed),
  };
}

/** Racks, and two services with rules that such a cluster may or may not follow. */
export function wildLocation({ nodes, instances }: ClusterData, random: Random): Location {
  const chance = (part: number) => random() < part;
  const racks = Array.from({ length: 2 + Math.floor(random() * 3) }, (_, r) => r);
  const domains = racks.map((r) => ({
    name: `r${r}`,
    level: 'rack',
    nodes: nodes.filter((_, n) => n % racks.length === r).map(({ name }) => name),
  }));
  const names = instances.map(({ name }) => name);
  const weight = () => (chance(0.5) ? {} : { weight: 1 + Math.floor(random() * 3) });
  const rules: LocationRule[] = [
    { kind: 'spread', level: 'rack', atMost: Math.ceil(names.length / racks.length / 2), ...weight() },
    { kind: 'replicas', apart: 'rack', ...weight() },
    { kind: 'keptOut', domains: ['r0'], ...weight() },
    { kind: 'migration', level: 'rack' },
  ];
  const service = (name: string, parity: number) => ({
    name,
    members: names.filter((_, i) => i % 3 === parity),
    rules: rules.filter(() => chance(0.4)),
  });
  const links = racks.slice(1).flatMap((r) => {
    const [bandwidth, latency] = [50 + Math.floor(random() * 3000), r];
    return chance(0.5) ? [{ between: ['r0', `r${r}`] as const, bandwidth, latency, load: 20, ...weight() }] : [];
  });
  return { topology: { levels: ['rack'], domains, links, migration: [] }, services: [service('web', 0), service('data', 1)] };
}
