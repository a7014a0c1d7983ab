import { mirroringOf } from '../../model/disk-templates/catalogue.ts';
import { type ClusterData, type InstanceData, type InstanceStatus, noNode } from '../cluster/cluster-data.ts';
import { ruleKind } from './draft-rules.ts';
import { firstFit } from './first-fit.ts';
import { planRules, type RulePlan } from './plan-rules.ts';
import type { Restart, RoomCheck } from './room-check.ts';
import type { Location, Service } from './service.ts';
import { groupLevel } from './topology.ts';

/** What the loss of each failure domain would do now. */
export interface Survivability {
  /** Every domain with nodes in use, level by level: those of the topology, node groups (if there are several), nodes. */
  readonly losses: readonly DomainLoss[];
}

export interface DomainLoss {
  readonly level: string;
  readonly domain: string;
  /** Positions of its nodes. */
  readonly nodes: readonly number[];
  /** Instances that would stop. */
  readonly stopped: number;
  /** Those of them that could not be started elsewhere. */
  readonly lost: readonly LostInstance[];
  /** Services that would be left with fewer members than they need, be it only until the others are started elsewhere. */
  readonly services: readonly ServiceLoss[];
}

export interface LostInstance {
  readonly instance: string;
  /** Its only disks are there; both its nodes are there; the nodes that could take it have no room; none may take it. */
  readonly reason: 'no replica' | 'both nodes' | 'no room' | 'no node allowed';
}

export interface ServiceLoss {
  readonly service: string;
  readonly minimum: number;
  /** Members alive at once, and after what can has been started elsewhere. */
  readonly alive: number;
  readonly recovered: number;
}

/**
 * Checks for every domain of every level what would happen if it failed now.
 * @param room decides on room; memory and processors, the largest instance first, when not given
 * @throws as `compileRules`
 */
export function survivability(cluster: ClusterData, { topology, services }: Location, room: RoomCheck = firstFit(cluster)): Survivability {
  const plan = planRules(cluster, topology, services);
  const barred = barredNodes(plan, cluster.instances.length);
  const watched = watchedServices(plan, services, cluster.instances.length);
  const primaries = Map.groupBy(
    cluster.instances.keys().filter((i) => isUp(cluster, i)),
    (i) => cluster.instances[i]?.primary,
  );
  const losses = plan.layout.levels.flatMap(({ name: level, domainOf, domainNames, named }) => {
    const nodesOf = Map.groupBy(domainOf.keys(), (n) => domainOf[n] as number);
    return domainNames.slice(0, named).flatMap((domain, number) => {
      const nodes = nodesOf.get(number) ?? [];
      const single = level === groupLevel && named === 1;
      if (single || nodes.every((n) => cluster.nodes[n]?.offline !== false)) return [];
      const stopped = nodes.flatMap((n) => primaries.get(n) ?? []);
      const lost = lostInstances(cluster, nodes, stopped, barred, room);
      const down = new Set(stopped);
      const hurt = [...new Set(stopped.flatMap((i) => watched[i] ?? []))].flatMap((service) => serviceLoss(cluster, service, down, lost));
      const names = [...lost].sort(([a], [b]) => a - b).map(([i, reason]) => ({ instance: cluster.instances[i]?.name ?? '', reason }));
      return [{ level, domain, nodes, stopped: stopped.length, lost: names, services: hurt }];
    });
  });
  return { losses };
}

const asleep: ReadonlySet<InstanceStatus> = new Set(['ADMIN_down', 'ADMIN_offline', 'USER_down']);

/** Whether an instance is meant to run, on a node that does. */
function isUp({ instances, nodes }: ClusterData, i: number): boolean {
  const { status, forthcoming, primary } = instances[i] as InstanceData;
  return !forthcoming && !asleep.has(status) && nodes[primary]?.offline === false;
}

/** By instance, the areas that hard rules keep it out of. */
function barredNodes({ drafts }: RulePlan, instanceCount: number): readonly Uint8Array[][] {
  const barred: Uint8Array[][] = Array.from({ length: instanceCount }, () => []);
  for (const { kind, weight, forbidden, members } of drafts) {
    if (weight !== 0 || !forbidden || (kind !== ruleKind.area && kind !== ruleKind.primaryArea)) continue;
    for (const i of members) barred[i]?.push(forbidden);
  }
  return barred;
}

type Lost = ReadonlyMap<number, LostInstance['reason']>;

function lostInstances(
  cluster: ClusterData,
  nodes: readonly number[],
  stopped: readonly number[],
  barred: readonly Uint8Array[][],
  room: RoomCheck,
): Lost {
  const failed = new Uint8Array(cluster.nodes.length);
  for (const n of nodes) failed[n] = 1;
  const lost = new Map<number, LostInstance['reason']>();
  const restarts: Restart[] = [];
  for (const instance of stopped) {
    const found = candidatesOf(cluster, instance, failed);
    const candidates = typeof found === 'string' ? [] : found.filter((n) => barred[instance]?.every((forbidden) => forbidden[n] === 0));
    if (typeof found === 'string') lost.set(instance, found);
    else if (candidates.length === 0) lost.set(instance, found.length > 0 ? 'no node allowed' : 'no room');
    else restarts.push({ instance, candidates });
  }
  for (const i of restarts.length === 0 ? [] : room(failed, restarts)) lost.set(i, 'no room');
  return lost;
}

/** The nodes that reach the disks of an instance, or why there are none. */
function candidatesOf({ instances, nodes }: ClusterData, i: number, failed: Uint8Array): number[] | 'no replica' | 'both nodes' {
  const { diskTemplate, primary, secondary } = instances[i] as InstanceData;
  const mirroring = mirroringOf(diskTemplate);
  if (mirroring === 'none' || (mirroring === 'internal' && secondary === noNode)) return 'no replica';
  const alive = (n: number) => failed[n] === 0 && nodes[n]?.offline === false;
  if (mirroring === 'internal') return alive(secondary) ? [secondary] : 'both nodes';
  const group = nodes[primary]?.group;
  return [...nodes.keys()].filter((n) => alive(n) && nodes[n]?.group === group);
}

interface Watched {
  readonly name: string;
  readonly minimum: number;
  readonly members: Int32Array;
}

/** By instance, its services that have a minimum. */
function watchedServices({ members }: RulePlan, services: readonly Service[], instanceCount: number): readonly Watched[][] {
  const watched: Watched[][] = Array.from({ length: instanceCount }, () => []);
  for (const { name, minimumAlive } of services) {
    if (minimumAlive === undefined) continue;
    const service = { name, minimum: minimumAlive, members: members.get(name) ?? new Int32Array(0) };
    for (const i of service.members) watched[i]?.push(service);
  }
  return watched;
}

function serviceLoss(cluster: ClusterData, { name, minimum, members }: Watched, down: ReadonlySet<number>, lost: Lost): ServiceLoss[] {
  const up = [...members].filter((i) => isUp(cluster, i));
  const alive = up.filter((i) => !down.has(i)).length;
  const recovered = up.filter((i) => !lost.has(i)).length;
  return alive < minimum ? [{ service: name, minimum, alive, recovered }] : [];
}
