import type { ClusterData } from '../cluster/cluster-data.ts';
import { resolveMembers } from '../location/resolve-members.ts';
import type { Location, Service } from '../location/service.ts';
import { createNetwork } from './network.ts';
import type { PlannedMove } from './plan.ts';

/** What moves must not do at the same time: two that have a number in common keep the order of the plan, one after the other. */
export type Interlocks = (move: Pick<PlannedMove, 'instance' | 'from' | 'to'>) => readonly number[];

/**
 * Moves of instances that have hard rules in common: a place that one leaves may be what another one waits for. The same holds
 * for links that must not carry more of the writes of mirrored disks than they can.
 */
export function createInterlocks(
  cluster: ClusterData,
  { topology, services }: Location,
  network = createNetwork(cluster, topology),
): Interlocks {
  const members = resolveMembers(cluster, services);
  const ofInstance = new Map<number, Set<number>>();
  services.forEach((service, s) => {
    if (!service.rules.some(({ weight }) => weight === undefined)) return;
    for (const name of [service.name, ...referred(service)]) {
      for (const i of members.get(name) ?? []) ofInstance.set(i, (ofInstance.get(i) ?? new Set()).add(s));
    }
  });
  const isLimit = topology.links.map(({ bandwidth, weight }) => bandwidth !== undefined && weight === undefined);
  const mirrored = ({ primary, secondary }: PlannedMove['from']) =>
    secondary < 0 ? [] : [...network.links(primary, secondary)].filter((link) => isLimit[link]).map((link) => services.length + link);
  return ({ instance, from, to }) => [...(ofInstance.get(instance) ?? []), ...mirrored(from), ...mirrored(to)];
}

/** Other services that the rules of one name. */
const referred = ({ rules }: Service): string[] => rules.flatMap((rule) => ('service' in rule ? [rule.service] : []));
