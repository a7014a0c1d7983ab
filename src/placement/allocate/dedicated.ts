import type { InstancePolicy } from '../cluster/cluster-data.ts';
import { noNode } from '../cluster/cluster-data.ts';
import type { PreparedCluster, PreparedInstance } from '../cluster/prepare-cluster.ts';
import { addPrimary } from '../state/add-primary.ts';
import { admitPrimary, admitSecondary } from '../state/admit.ts';
import { attach, detach } from '../state/attach.ts';
import type { ClusterState } from '../state/cluster-state.ts';
import { failMode, failNames } from '../state/fail-mode.ts';
import { writeInstance } from '../state/instance-columns.ts';
import { createBackup, restore, save } from '../state/node-backup.ts';
import type { Allocation, AllocationRequest, GroupOffer } from './allocate.ts';
import { matchPolicy } from './match-policy.ts';
import type { Wanted } from './search.ts';

/**
 * Whether all usable nodes have storage on which each disk gets its own spindles. There, instances are placed so that as few as
 * possible of the policy's sizes stop fitting.
 * @param group position; undefined: all groups that are for allocation
 */
export function isDedicated({ groups, nodes }: PreparedCluster, group: number | undefined): boolean {
  const counts = (g: number) => (group === undefined ? groups[g]?.allocPolicy !== 'unallocable' : g === group);
  return nodes.every((node) => node.exclusiveStorage || !counts(node.group));
}

/** How many instances of each size are lost, the largest first; then the disk that is left. */
export interface LostAllocations {
  readonly lost: readonly number[];
  readonly freeDisk: number;
}

/** What was found in a group of dedicated nodes. */
export interface DedicatedFinding {
  readonly primary: number;
  readonly secondary: number;
  readonly metric: LostAllocations;
}

interface Outcome {
  readonly best: DedicatedFinding | undefined;
  readonly successes: number;
  readonly failures: Int32Array;
}

/**
 * Looks for the place of an instance on dedicated nodes. The `score` of the place is 0: it is the metric that counts.
 * @param scratch rows of the state behind the last one in use, one for each range of a policy
 */
export function allocateDedicated(
  state: ClusterState,
  wanted: Wanted,
  request: AllocationRequest,
  scratch: number,
  force: boolean,
): Allocation {
  const { groups } = state.data;
  const inScope = [...new Set(state.nodes.group)].sort((a, b) => a - b);
  const asked = request.group === undefined ? inScope : [request.group];
  const alone = request.group !== undefined;
  const outcomes = asked.map((group) => ({ group, ...lookInGroup(state, wanted, group, request, scratch, force) }));
  const log = outcomes.map(({ group, outcome, error }) => {
    const { name = '', allocPolicy = '' } = groups[group] ?? {};
    if (outcome) return `Group ${name} (${allocPolicy}): ${describe(outcome, state)}`;
    return alone ? `${error}` : `Group ${name}: error ${error}`;
  });
  const order = { preferred: 0, last_resort: 1, unallocable: 2 } as const;
  const rank = (group: number) => (alone ? 0 : order[groups[group]?.allocPolicy ?? 'unallocable']);
  const found = outcomes.flatMap(({ group, outcome }) => (outcome?.best && rank(group) < 2 ? [{ group, best: outcome.best }] : []));
  const chosen = found.reverse().sort((a, b) => rank(a.group) - rank(b.group) || compare(a.best.metric, b.best.metric))[0];
  const selected = chosen && !alone ? [`Selected group: ${groups[chosen.group]?.name}`] : [];
  const offers: GroupOffer[] = outcomes.map(({ group, error }) => ({ group, error }));
  const place = chosen && { primary: chosen.best.primary, secondary: chosen.best.secondary, score: 0 };
  return { place, group: chosen?.group, offers, log: [...selected, ...log] };
}

function lookInGroup(
  state: ClusterState,
  wanted: Wanted,
  group: number,
  { requiredNodes, restrictToNodes }: AllocationRequest,
  scratch: number,
  force: boolean,
): { readonly outcome?: Outcome; readonly error?: string } {
  const { nodes, data } = state;
  const { name, networks = [], ipolicy } = data.groups[group] ?? {};
  const { instance } = wanted;
  if (!ipolicy || instance.nics.some(({ network }) => network !== undefined && !networks.includes(network))) {
    return { error: `The group ${name} is not connected to a network required by instance ${instance.name}` };
  }
  const online = [...nodes.group.keys()].filter(
    (n) => nodes.group[n] === group && nodes.offline[n] === 0 && (restrictToNodes?.includes(data.nodes[n]?.name ?? '') ?? true),
  );
  if (requiredNodes !== 1 && requiredNodes !== 2) return { error: 'Unsupported number of nodes, only one or two  supported' };
  if (online.length < requiredNodes) return { error: requiredNodes === 2 ? 'Not enough online nodes' : 'No online nodes' };
  const tests = testInstances(state, ipolicy, scratch);
  const pairs = online.flatMap((p) =>
    requiredNodes === 1 ? [[p, noNode] as const] : online.filter((s) => s !== p).map((s) => [p, s] as const),
  );
  const failures = new Int32Array(failNames.length);
  let best: DedicatedFinding | undefined;
  let successes = 0;
  for (const [primary, secondary] of pairs) {
    const metric = tryPair(state, wanted, primary, secondary, ipolicy, tests, force);
    if (typeof metric === 'number') failures[metric] = (failures[metric] as number) + 1;
    else {
      successes++;
      if (!best || compare(best.metric, metric) >= 0) best = { primary, secondary, metric };
    }
  }
  return { outcome: { best, successes, failures } };
}

/** Writes the smallest instances of each range into rows of the state. @returns the rows, the largest disk first */
function testInstances(state: ClusterState, { ranges }: InstancePolicy, scratch: number): number[] {
  const smallest = ranges.map(({ min }) => min).sort((a, b) => b.disk - a.disk);
  return smallest.map((spec, k) => {
    const instance: PreparedInstance = {
      name: '',
      alias: '',
      memory: spec.memory,
      disk: spec.disk,
      disks: [],
      vcpus: spec.vcpus,
      status: 'running',
      autoBalance: false,
      primary: noNode,
      secondary: noNode,
      diskTemplate: 'plain',
      spindleUse: spec.spindleUse,
      tags: [],
      nics: [],
      forthcoming: false,
      exclusionTags: [],
      desiredLocationTags: [],
      movable: false,
    };
    writeInstance(state.instances, scratch + k, instance);
    return scratch + k;
  });
}

/** @returns a fail mode, or what the placement costs */
function tryPair(
  state: ClusterState,
  { row, instance }: Wanted,
  p: number,
  s: number,
  policy: InstancePolicy,
  tests: readonly number[],
  force: boolean,
): number | LostAllocations {
  const refusal =
    matchPolicy(instance, policy, state.nodes.exclusive[p] === 1) ||
    admitPrimary(state, p, row, force) ||
    (s >= 0 ? admitSecondary(state, s, row, p, false, false) : failMode.none);
  if (refusal !== failMode.none) return refusal;
  const used = s >= 0 ? [p, s] : [p];
  const before = used.map((n) => room(state, n, tests));
  const backup = createBackup(state, 2);
  used.forEach((n, k) => save(state, backup, k, n));
  attach(state, row, p, s);
  const after = used.map((n) => room(state, n, tests));
  const freeDisk = used.reduce((sum, n) => sum + (state.nodes.freeDisk[n] as number), 0);
  detach(state, row);
  restore(state, backup);
  state.instances.primary[row] = noNode;
  state.instances.secondary[row] = noNode;
  const lost = tests.map((_, k) => before.reduce((sum, counts, side) => sum + (counts[k] as number) - (after[side]?.[k] as number), 0));
  return { lost, freeDisk };
}

/** How many instances of each test a node would take. */
function room(state: ClusterState, n: number, tests: readonly number[]): number[] {
  const backup = createBackup(state, 1);
  return tests.map((row) => {
    save(state, backup, 0, n);
    let count = 0;
    for (; admitPrimary(state, n, row, false) === failMode.none; count++) addPrimary(state, n, row, noNode);
    restore(state, backup);
    return count;
  });
}

function compare(a: LostAllocations, b: LostAllocations): number {
  const k = a.lost.findIndex((count, at) => count !== b.lost[at]);
  return k < 0 ? a.freeDisk - b.freeDisk : (a.lost[k] as number) - (b.lost[k] ?? 0);
}

function describe({ best, successes, failures }: Outcome, { data }: ClusterState): string {
  const reasons = [...failures].flatMap((count, mode) => (count > 0 ? [`${failNames[mode]}: ${count}`] : [])).join(', ');
  if (!best) return `No valid allocation solutions, failure reasons: ${reasons || 'unknown reasons'}`;
  const { metric, primary, secondary } = best;
  const total = failures.reduce((sum, count) => sum + count, 0);
  const names = [primary, secondary].flatMap((n) => (n >= 0 ? [data.nodes[n]?.name] : []));
  return `score: ([${metric.lost.join(',')}],${metric.freeDisk}), successes ${successes}, failures ${total} (${reasons}) for node(s) ${names.join('/')}`;
}
