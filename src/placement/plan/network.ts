import type { ClusterData } from '../cluster/cluster-data.ts';
import { createLayout } from '../location/layout.ts';
import { createRoutes } from '../location/routes.ts';
import type { Topology } from '../location/topology.ts';

/** What a plan may send over. Nodes are positions, rates are MiB per second. */
export interface Network {
  /** What each link has room for. */
  readonly rooms: Float64Array;
  /** Links between two nodes, as positions in `rooms`. */
  links(from: number, to: number): Int32Array;
  /** What one transfer between two nodes takes when nothing else is under way. */
  rate(from: number, to: number): number;
}

/** One gigabit per second, less what protocols take. */
const nodeRate = 110;
/** MiB per second in a Mbit per second. */
const perMegabit = 1e6 / 8 / 1_048_576;
/** A link that other traffic fills up leaves at least this part of itself. */
const leastRoom = 0.01;

const noLinks = new Int32Array(0);

/** Nothing but the nodes' own interfaces limits a transfer. */
export const openNetwork: Network = { rooms: new Float64Array(0), links: () => noLinks, rate: () => nodeRate };

/** The links of a topology, less what other traffic takes. @throws as `createLayout` and `createRoutes` */
export function createNetwork(cluster: ClusterData, topology: Topology): Network {
  const { classOf, classCount, start, links: route } = createRoutes(cluster, topology, createLayout(cluster, topology));
  const rooms = Float64Array.from(
    topology.links,
    ({ bandwidth = Number.POSITIVE_INFINITY, load = 0 }) => Math.max(bandwidth - load, leastRoom * bandwidth) * perMegabit,
  );
  const links = (from: number, to: number) => {
    const pair = (classOf[from] as number) * classCount + (classOf[to] as number);
    return route.subarray(start[pair] as number, start[pair + 1] as number);
  };
  return {
    rooms,
    links,
    rate: (from, to) => links(from, to).reduce((rate, link) => Math.min(rate, rooms[link] as number), nodeRate),
  };
}
