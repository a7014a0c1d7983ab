import { cidrContains, isUnicastIpv4, parseCidr, parseIpv4 } from '../../base/index.ts';
import type { NicSpec } from '../../rpc/index.ts';
import type { IpTool } from './ip-tool.ts';

interface Route {
  /** Address, network, or `default`. */
  readonly dst: string;
  readonly dev?: string;
  readonly type?: string;
  readonly protocol?: string;
  readonly gateway?: string;
  readonly via?: { readonly host: string };
  readonly nexthops?: readonly { readonly gateway?: string; readonly via?: { readonly host: string } }[];
}

/** What a node's own traffic depends on. */
export interface NodeRoutes {
  /** Addresses of the node, and broadcast addresses of its networks. */
  isOwn(ip: string): boolean;
  /** Whether it is, of those, a broadcast address. */
  isBroadcast(ip: string): boolean;
  /** Whether it is an address of this device. */
  isOnDevice(ip: string, device: string): boolean;
  /** Whether other hosts are reached over it. */
  isNextHop(ip: string): boolean;
  /** Whether it is in a network that the node is a part of. */
  isNeighbour(ip: string): boolean;
  /** The device of a route to exactly this address that an instance or an operator has made. */
  deviceOf(ip: string): string | undefined;
}

/** What routing daemons learn is left out: on the way of an instance from node to node they have a route to the old one. */
const madeByHand = ['boot', 'static', 'kernel', 'dhcp'];
const tap = /^gt[0-9a-f]{13}$/;

/** All routing tables count: what is sent to the node by one of them must arrive, too. */
export async function readNodeRoutes({ list }: Pick<IpTool, 'list'>): Promise<NodeRoutes> {
  const routes = await list<Route>('-4', 'route', 'show', 'table', 'all');
  const isKernels = ({ type = 'unicast' }: Route) => type === 'local' || type === 'broadcast' || type === 'anycast';
  const own = routes.filter(isKernels).flatMap(networkOf);
  const broadcast = routes.filter(({ type }) => type === 'broadcast').flatMap(networkOf);
  const onDevice = (device: string) => routes.filter((route) => isKernels(route) && route.type !== 'broadcast' && route.dev === device);
  const hops = new Set(
    routes.flatMap((route) => [route, ...(route.nexthops ?? [])].flatMap(({ gateway, via }) => gateway ?? via?.host ?? [])),
  );
  const near = routes.filter((route) => !isKernels(route) && route.gateway === undefined && !route.via && !route.nexthops);
  const networks = near.filter(({ dev = '', dst }) => dst !== 'default' && !tap.test(dev)).flatMap(networkOf);
  const holds = (ranges: readonly { first: number; last: number }[], ip: string) => {
    const value = parseIpv4(ip);
    return value !== undefined && ranges.some(({ first, last }) => value >= first && value <= last);
  };
  return {
    isOwn: (ip) => holds(own, ip),
    isBroadcast: (ip) => holds(broadcast, ip),
    isOnDevice: (ip, device) => holds(onDevice(device).flatMap(networkOf), ip),
    isNextHop: (ip) => hops.has(ip),
    isNeighbour: (ip) => holds(networks, ip),
    deviceOf: (ip) => routes.find((route) => route.dst === ip && !isKernels(route) && madeByHand.includes(route.protocol ?? 'boot'))?.dev,
  };
}

function networkOf({ dst }: Route): { first: number; last: number }[] {
  const [address = '', length = '32'] = dst.split('/');
  const value = parseIpv4(address);
  if (value === undefined) return [];
  const size = 2 ** (32 - Number(length));
  const first = value - (value % size);
  return [{ first, last: first + size - 1 }];
}

/**
 * Why this node makes no host route to the address of a NIC, or null. Whoever asks is not believed: one wrong route
 * cuts the node off from its cluster.
 * @param callers addresses of the masters that are connected
 */
export function routeProblem({ ip, network }: NicSpec, device: string, routes: NodeRoutes, callers: readonly string[]): string | null {
  const value = parseIpv4(ip ?? '');
  if (!ip || value === undefined) return 'it has no IPv4 address';
  if (!isUnicastIpv4(value)) return `${ip} is not an address that a host can have`;
  if (network) {
    const range = parseCidr(network.cidr);
    if (!range || !cidrContains(range, value)) return `${ip} is not in its network ${network.cidr}`;
    if (value === range.first || value === range.last) return `${ip} is the network or broadcast address of ${network.cidr}`;
    if (ip === network.gateway) return `${ip} is the gateway of its network`;
  }
  if (routes.isBroadcast(ip)) return `${ip} is the broadcast address of a network of this node`;
  if (routes.isOwn(ip)) return `${ip} is an address of this node`;
  if (routes.isNextHop(ip)) return `this node reaches other hosts over ${ip}`;
  if (callers.includes(ip)) return `${ip} is the address of a master`;
  const other = routes.deviceOf(ip);
  return other === undefined || other === device ? null : `this node has a route to ${ip} over ${other} already`;
}

/** Where two hosts that answer for one address would cut each other off. */
export interface SharedWire {
  readonly routes: Pick<NodeRoutes, 'isOnDevice'>;
  /** Devices of the node on the wire of the NIC. */
  readonly devices: readonly string[];
  /** Addresses at which masters reach this node, over whatever wire. */
  readonly reachedAt: readonly string[];
  readonly callers: readonly string[];
}

/**
 * Why a NIC on a bridge or a switch does not get its address, or null. The node may have the same address on another wire:
 * that of a tenant is a network of its own.
 */
export function sharedWireProblem({ ip }: NicSpec, { routes, devices, reachedAt, callers }: SharedWire): string | null {
  if (!ip) return null;
  if (reachedAt.includes(ip)) return `${ip} is the address at which the master reaches this node`;
  const device = devices.find((name) => routes.isOnDevice(ip, name));
  if (device !== undefined) return `${ip} is an address of this node, on ${device}`;
  return callers.includes(ip) ? `${ip} is the address of a master` : null;
}

/** Whether a gateway may be put on the tap of a guest: never one that a real host has, as that would hide it from the node. */
export function mayHoldGateway(gateway: string, routes: NodeRoutes, callers: readonly string[]): boolean {
  const value = parseIpv4(gateway);
  if (value === undefined || !isUnicastIpv4(value) || callers.includes(gateway)) return false;
  return !routes.isNextHop(gateway) && !routes.isNeighbour(gateway);
}
