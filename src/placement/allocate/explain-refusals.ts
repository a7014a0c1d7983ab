import { noNode } from '../cluster/cluster-data.ts';
import type { PreparedCluster } from '../cluster/prepare-cluster.ts';
import { breaksHardRule, type RuleBreach } from '../location/rule-book.ts';
import type { FailMode } from '../state/fail-mode.ts';
import type { AllocationRequest } from './allocate.ts';
import type { Allocator } from './allocator.ts';
import { crowds } from './crowds.ts';
import { isRedundantWith } from './redundancy.ts';
import type { Wanted } from './search.ts';
import { weighNodes } from './weigh-nodes.ts';

/** Why these nodes cannot be the primary; '' as reason: they can. */
export interface Refusal {
  readonly nodes: readonly number[];
  readonly reason: string;
}

const words: Readonly<Record<FailMode, string>> = {
  0: '',
  1: 'not enough memory',
  2: 'not enough disk, or a disk that the policy does not allow',
  3: 'too many virtual processors',
  4: 'no longer N+1',
  5: 'an instance with the same exclusion tag',
  6: 'no migration to there',
  7: 'number of disks against the policy',
  8: 'not enough spindles, or too many for the policy',
  9: 'no policy to compare with',
};

/**
 * Groups all nodes of the scope by the reason why they refuse the instance. For a pair this is the reason that refuses most
 * secondaries. Every node is in one entry; the first has those that could take it, if there are any.
 */
export function explainRefusals(allocator: Allocator, wanted: Wanted, request: AllocationRequest): Refusal[] {
  const { state, search } = allocator;
  const all = state.scope;
  weighNodes(search, wanted, all, request.requiredNodes === 2 ? all : new Int32Array());
  const reasons = Array.from(all, (n) => outside(allocator, wanted, request, n) ?? inside(allocator, wanted, request, n));
  const byReason = Map.groupBy(all.keys(), (k) => reasons[k] as string);
  return [...byReason]
    .map(([reason, places]) => ({ reason, nodes: places.map((k) => all[k] as number) }))
    .sort((a, b) => Number(b.reason === '') - Number(a.reason === '') || b.nodes.length - a.nodes.length);
}

/** Why a node does not come into question from the start. */
function outside({ state }: Allocator, { instance }: Wanted, request: AllocationRequest, n: number): string | undefined {
  const group = state.nodes.group[n] as number;
  const { allocPolicy, networks = [], name } = state.data.groups[group] ?? {};
  if (state.nodes.offline[n] === 1) return 'offline or drained';
  if ((request.group ?? group) !== group || !(request.groups?.includes(group) ?? true)) return 'not in a requested node group';
  if (request.group === undefined && allocPolicy === 'unallocable') return `node group ${name} is unallocable`;
  const missing = instance.nics.find(({ network }) => network !== undefined && !networks.includes(network));
  if (missing) return `node group ${name} is not connected to network ${missing.network}`;
  const allowed = request.restrictToNodes?.includes(state.data.nodes[n]?.name ?? '') ?? true;
  return allowed ? undefined : 'not among the nodes allowed for allocation';
}

function inside(allocator: Allocator, wanted: Wanted, request: AllocationRequest, p: number): string {
  const { search } = allocator;
  const refusal = search.weighing.primary.refusals[p] as FailMode;
  if (refusal !== 0) return words[refusal];
  if (request.requiredNodes === 1) return place(allocator, wanted, p, noNode);
  const broken = brokenRule(allocator, wanted, p, noNode);
  if (broken) return `${broken.rule} (${broken.detail})`;
  const reasons = secondaryReasons(allocator, wanted, request, p, true);
  if (reasons.has('')) return '';
  const [most] = [...reasons].sort((a, b) => b[1] - a[1]);
  // Where rules refuse all of its group, the secondary may be in another one.
  if ([...reasons.keys()].some(isRule) && secondaryReasons(allocator, wanted, request, p, false).has('')) return '';
  return most ? `no secondary node: ${most[0]}` : 'no other node in its node group';
}

const tooFewLeft = 'the cluster could then no longer lose any one node';

const isRule = (reason: string): boolean => reason !== tooFewLeft && !Object.values(words).includes(reason);

/** How often what stands in the way of a secondary, in the group of the primary or in the others; '' is possible. */
function secondaryReasons(
  allocator: Allocator,
  wanted: Wanted,
  request: AllocationRequest,
  p: number,
  within: boolean,
): Map<string, number> {
  const { state, search } = allocator;
  const { nodes } = state;
  const counts = new Map<string, number>();
  for (const s of state.scope) {
    if (s === p || (nodes.group[s] === nodes.group[p]) !== within || outside(allocator, wanted, request, s) !== undefined) continue;
    const refused = search.weighing.secondary.refusals[s] as FailMode;
    const reason = refused !== 0 ? words[refused] : crowds(search, wanted.row, p, s) ? words[1] : place(allocator, wanted, p, s);
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  return counts;
}

/** Rules of location first, then global N+1. */
function place(allocator: Allocator, wanted: Wanted, p: number, s: number): string {
  const { redundancy } = allocator;
  const broken = brokenRule(allocator, wanted, p, s);
  // For a secondary there are as many details as nodes.
  if (broken) return s === noNode ? `${broken.rule} (${broken.detail})` : broken.rule;
  return redundancy && !isRedundantWith(redundancy, wanted, p, s) ? tooFewLeft : '';
}

function brokenRule({ search: { rules, weighed } }: Allocator, { row }: Wanted, p: number, s: number): RuleBreach | undefined {
  if (!rules) return undefined;
  rules.weigh(row, p, s, weighed);
  if (!breaksHardRule(weighed)) return undefined;
  return rules.explain(row, p, s).find(({ hard }) => hard);
}

/** Of so many nodes that one reason refused, all are named; of more, the first ones. */
const mostNames = 5;

/** `2 nodes (node1, node2)` */
export function countNodes(cluster: PreparedCluster, nodes: readonly number[]): string {
  const names = nodes.slice(0, mostNames).map((n) => cluster.nodes[n]?.name);
  return `${nodes.length} node${nodes.length === 1 ? '' : 's'} (${names.join(', ')}${nodes.length > mostNames ? ', …' : ''})`;
}

/** One line: `2 nodes (node1, node2): not enough memory; 1 node (node3): web: at most 1 per rack (rack r2 has 1 (web1))`. */
export function describeRefusals(cluster: PreparedCluster, refusals: readonly Refusal[]): string {
  return refusals.map(({ nodes, reason }) => `${countNodes(cluster, nodes)}: ${reason || 'possible'}`).join('; ');
}
