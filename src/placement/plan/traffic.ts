import { mirroringOf } from '../../model/disk-templates/catalogue.ts';
import type { ClusterData } from '../cluster/cluster-data.ts';
import { resolveMembers } from '../location/resolve-members.ts';
import type { Location, Service } from '../location/service.ts';
import { linkLoads } from './link-loads.ts';
import { createNetwork, type Network, openNetwork } from './network.ts';
import type { PlannedMove } from './plan.ts';
import { type MoveSize, placesOnWay } from './transfers.ts';

/** What a move is to the other moves of its set, besides its nodes. */
export interface MoveTraffic {
  /** Links it sends over, and the MiB per second that it may take of each. */
  readonly loads: readonly (readonly [link: number, rate: number])[];
  /** Two moves that have a number in common keep their order, one after the other. */
  readonly locks: readonly number[];
}

/** What keeps moves from being made side by side. */
export interface Traffic {
  readonly network: Network;
  of(move: MoveSize & Pick<PlannedMove, 'instance'>): MoveTraffic;
}

const alone: MoveTraffic = { loads: [], locks: [] };

/** Nothing does but the nodes that they share. */
export const openTraffic: Traffic = { network: openNetwork, of: () => alone };

/**
 * Links have room for so much. Moves of instances that have hard rules in common keep their order: another instance may wait for
 * the place that one leaves. So do those of instances that write over a link which must not carry more writes than it can.
 * @throws as `createNetwork`
 */
export function createTraffic(cluster: ClusterData, { topology, services }: Location): Traffic {
  const network = createNetwork(cluster, topology);
  const ofInstance = servicesInCommon(cluster, services);
  const isLimit = topology.links.map(({ bandwidth, weight }) => bandwidth !== undefined && weight === undefined);
  const limitsBetween = (primary: number, secondary: number) =>
    secondary < 0 ? [] : [...network.links(primary, secondary)].filter((link) => isLimit[link]);
  const writes = cluster.instances.map(({ diskTemplate, writeRate = 0 }) => mirroringOf(diskTemplate) === 'internal' && writeRate > 0);
  return {
    network,
    of: (move) => {
      const places = writes[move.instance] ? placesOnWay(move) : [];
      const limits = new Set(places.flatMap((place) => limitsBetween(...place)));
      const locks = [...(ofInstance.get(move.instance) ?? []), ...[...limits].map((link) => services.length + link)];
      return { loads: linkLoads(move, network), locks };
    },
  };
}

/** Services with hard rules that an instance is a member of, or that name one of which it is. */
function servicesInCommon(cluster: ClusterData, services: readonly Service[]): ReadonlyMap<number, ReadonlySet<number>> {
  const members = resolveMembers(cluster, services);
  const ofInstance = new Map<number, Set<number>>();
  services.forEach((service, s) => {
    if (!service.rules.some(({ weight }) => weight === undefined)) return;
    for (const name of [service.name, ...referred(service)]) {
      for (const i of members.get(name) ?? []) ofInstance.set(i, (ofInstance.get(i) ?? new Set()).add(s));
    }
  });
  return ofInstance;
}

/** Other services that the rules of one name. */
const referred = ({ rules }: Service): string[] => rules.flatMap((rule) => ('service' in rule ? [rule.service] : []));
